import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { installPackages } from './packages.js'
import { choosePort } from './ports.js'
import { isBound, waitUntil } from './wait.js'

const sshdProgram = '/usr/sbin/sshd'
const startMs = 10_000

export interface RunningSshd {
  /** What `USER@HOST` is for it. */
  destination: string
  /** A folder with an `ssh` that knows its port and key: the system's own, with another configuration. */
  bin: string
  stop: () => void
}

/** An sshd on a port of loopback that lets the user of this process in by a key. @throws Error where there is no openssh-server, and none to be had */
export async function startSshd(): Promise<RunningSshd> {
  if (!fs.existsSync(sshdProgram) || !fs.existsSync('/usr/bin/ssh')) await installPackages(['openssh-server', 'openssh-client'])
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-lab-sshd-'))
  const file = (name: string) => path.join(folder, name)
  for (const key of ['host', 'client']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)])
  const port = await choosePort(undefined, new Set())
  const lines = [
    ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${file('host')}`, `AuthorizedKeysFile ${file('client.pub')}`],
    ...[
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
      'LogLevel ERROR'
    ]
  ]
  fs.writeFileSync(file('sshd_config'), `${lines.join('\n')}\n`)
  // Where sshd keeps its unprivileged part; Debian makes it at the start of the service.
  if (process.getuid?.() === 0) fs.mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const known = ['StrictHostKeyChecking no', 'UserKnownHostsFile /dev/null', 'LogLevel ERROR']
  const ours = [
    'Host sniffer',
    'HostName 127.0.0.1',
    `Port ${port}`,
    `IdentityFile ${file('client')}`,
    'IdentitiesOnly yes',
    ...known
  ]
  fs.writeFileSync(file('ssh_config'), `${ours.join('\n')}\n`)
  const bin = file('bin')
  fs.mkdirSync(bin)
  fs.writeFileSync(path.join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${file('ssh_config')} "$@"\n`, { mode: 0o755 })
  const sshd = spawn(sshdProgram, ['-D', '-e', '-f', file('sshd_config')], { stdio: ['ignore', 'ignore', 'inherit'] })
  const stop = () => {
    sshd.kill('SIGKILL')
    fs.rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', stop)
  if (!(await waitUntil(() => isBound(port), startMs))) throw new Error('sshd does not listen')
  return {
    ...{ destination: `${os.userInfo().username}@sniffer`, bin },
    stop() {
      process.off('exit', stop)
      stop()
    }
  }
}
