import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { installPackages } from '../../lab/servers/packages.js'
import { choosePort } from '../../lab/servers/ports.js'
import { isBound, waitUntil } from '../../lab/servers/wait.js'

const sshdProgram = '/usr/sbin/sshd'
const startMs = 10_000

export interface RunningSsh {
  /** Where `ssh -R` listens. */
  port: number
  /** Of both ends: all that a call goes through. */
  pids: () => number[]
  stop: () => void
}

/** An sshd on a port of loopback, with keys of its own and no privileges, and `ssh -R` to it. @throws Error where there is no openssh-server, and none to be had */
export async function startSsh(applicationPort: number): Promise<RunningSsh> {
  if (!fs.existsSync(sshdProgram)) await installPackages(['openssh-server', 'openssh-client'])
  const isRoot = process.getuid?.() === 0
  // An account that may have no password is locked for sshd; that of daemons is not.
  const user = isRoot ? 'daemon' : os.userInfo().username
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-bench-ssh-'))
  const file = (name: string) => path.join(folder, name)
  for (const key of ['host', 'client']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)])
  const taken = new Set<number>()
  const sshdPort = await choosePort(undefined, taken)
  const port = await choosePort(undefined, taken.add(sshdPort))
  fs.writeFileSync(
    file('sshd_config'),
    `Port ${sshdPort}
ListenAddress 127.0.0.1
HostKey ${file('host')}
AuthorizedKeysFile ${file('client.pub')}
StrictModes no
UsePAM no
PidFile none
PasswordAuthentication no
UseDNS no
LogLevel ERROR
`
  )
  if (isRoot) {
    fs.chmodSync(folder, 0o755)
    execFileSync('chown', [user, file('host')])
  }
  const drop = isRoot ? ['setpriv', '--reuid', user, '--regid', user, '--clear-groups', '--'] : []
  const children: ChildProcess[] = []
  const start = (words: readonly string[]) => {
    const [program, ...args] = words as [string, ...string[]]
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    children.push(child)
    return child
  }
  const stop = () => {
    for (const child of children) {
      for (const pid of descendants(child.pid!)) process.kill(pid, 'SIGKILL')
    }
    fs.rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', stop)
  const sshd = start([...drop, sshdProgram, '-D', '-e', '-f', file('sshd_config')])
  if (!(await waitUntil(() => isBound(sshdPort), startMs))) throw new Error('sshd does not listen')
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'ExitOnForwardFailure=yes', 'IdentitiesOnly=yes']
  const words = ['ssh', '-N', '-q', '-F', '/dev/null', '-i', file('client'), '-p', String(sshdPort)]
  const forward = ['-R', `127.0.0.1:${port}:127.0.0.1:${applicationPort}`, `${user}@127.0.0.1`]
  const ssh = start([...words, ...options.flatMap((option) => ['-o', option]), ...forward])
  if (!(await waitUntil(() => isBound(port), startMs))) throw new Error('ssh -R does not listen')
  return {
    port,
    pids: () => [...descendants(sshd.pid!), ssh.pid!],
    stop() {
      process.off('exit', stop)
      stop()
    }
  }
}

/** A process and all that it has started, and they. */
function descendants(pid: number): number[] {
  const found: number[] = fs.existsSync(`/proc/${pid}`) ? [pid] : []
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = fs.readFileSync(`/proc/${name}/stat`, 'latin1')
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      if (parent === pid) found.push(...descendants(Number(name)))
    } catch {
      // It has ended.
    }
  }
  return found
}
