import { existsSync } from 'node:fs'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { run } from './command.js'
import { mirror, requireDebian } from './debian.js'
import { chrootsDir } from './lab-dir.js'
import { withLock } from './lock.js'
import { mountProc, removeRoot, unmountAll } from './mounts.js'
import { installPackages } from './packages.js'
import { progress, timed } from './progress.js'

/** A Debian of another age, for a package that this machine's own Debian lacks. */
export interface ChrootPlan {
  /** The name of its folder: `asterisk22`. */
  readonly name: string
  /** The Debian suite: `sid`. */
  readonly suite: string
  readonly packages: readonly string[]
  /** Looks at the finished chroot, and throws when it is not what was wanted. */
  readonly check: (root: string) => Promise<void>
}

/** Written last; a folder without it is not a chroot. */
const COMPLETE = '.pbxkit-lab-complete'
/** Written between the two slow stages, so that a killed run goes on with the second. */
const BOOTSTRAPPED = '.pbxkit-lab-bootstrapped'

const DEVICES: readonly (readonly [name: string, major: string, minor: string])[] = [
  ['null', '1', '3'],
  ['zero', '1', '5'],
  ['random', '1', '8'],
  ['urandom', '1', '9'],
  ['tty', '5', '0']
]

export function isMade(plan: ChrootPlan): boolean {
  return existsSync(path.join(rootOf(plan), COMPLETE))
}

/**
 * Makes the chroot unless it is there, and returns its root, with proc mounted. It is built beside its place and renamed
 * when complete, so a half-built one is never used; two processes that want it at once build it once.
 * @throws LabUnavailableError when this machine cannot; CommandError when debootstrap or apt fails
 */
export async function makeChroot(plan: ChrootPlan): Promise<string> {
  const root = rootOf(plan)
  requireDebian()
  if (!isMade(plan)) {
    await installPackages(['debootstrap'])
    const waiting = (): void => progress(`waiting for another process that makes ${plan.name}`)
    await withLock(`chroot-${plan.name}`, async (lockFd) => isMade(plan) || (await build(plan, lockFd)), waiting)
  }
  await withLock('mounts', async () => {
    await mountProc(root)
    await nameHost(root)
  })
  return root
}

/** Unmounts what is mounted in the chroots, so that their folder can be removed like any other. */
export async function releaseChroots(): Promise<void> {
  const names = await fs.readdir(chrootsDir()).catch(() => [])
  await withLock('mounts', async () => {
    for (const name of names) await unmountAll(path.join(chrootsDir(), name))
  })
}

/** Runs a command in the chroot and returns its standard output. */
export async function runInChroot(root: string, command: readonly string[], lockFd?: number): Promise<string> {
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive', TMPDIR: '/tmp' } }
  return await run('chroot', [root, ...command], lockFd === undefined ? options : { ...options, lockFd })
}

function rootOf(plan: ChrootPlan): string {
  return path.join(chrootsDir(), plan.name)
}

async function build(plan: ChrootPlan, lockFd: number): Promise<void> {
  const partial = `${rootOf(plan)}.partial`
  if (existsSync(path.join(partial, BOOTSTRAPPED))) {
    progress(`${plan.name}: going on where an interrupted run stopped`)
  } else {
    await removeRoot(partial)
    await timed(`${plan.name}: making a Debian ${plan.suite} with debootstrap (about 30 s)`, async () => {
      await fs.mkdir(partial, { recursive: true })
      const words = ['--variant=minbase', '--include=ca-certificates', plan.suite, partial, await mirror()]
      await run('debootstrap', words, { lockFd })
      await makeDevices(partial)
      await fs.writeFile(path.join(partial, BOOTSTRAPPED), '')
    })
  }
  await nameHost(partial)
  await timed(`${plan.name}: installing ${plan.packages.join(', ')} in it (about 20 s)`, async () => {
    await mountProc(partial)
    // The mirror may serve a Release file past its date. An interrupted dpkg is finished before anything else.
    await runInChroot(partial, ['dpkg', '--configure', '-a'], lockFd)
    await runInChroot(partial, ['apt-get', '-o', 'Acquire::Check-Valid-Until=false', 'update'], lockFd)
    await runInChroot(partial, ['apt-get', 'install', '-y', '--no-install-recommends', ...plan.packages], lockFd)
    await runInChroot(partial, ['apt-get', 'clean'], lockFd)
  })
  await plan.check(partial)
  await unmountAll(partial)
  await fs.writeFile(path.join(partial, COMPLETE), `${new Date().toISOString()}\n`)
  await removeRoot(rootOf(plan))
  await fs.rename(partial, rootOf(plan))
}

async function makeDevices(root: string): Promise<void> {
  for (const [name, major, minor] of DEVICES) {
    const file = path.join(root, 'dev', name)
    if (!existsSync(file)) await run('mknod', ['-m', '666', file, 'c', major, minor])
  }
}

/** Asterisk looks up the machine's own name, and writes `c=IN IP4 (null)` into its SDP when that has no address. */
async function nameHost(root: string): Promise<void> {
  const file = path.join(root, 'etc', 'hosts')
  const line = `127.0.0.1 ${os.hostname()}`
  const hosts = await fs.readFile(file, 'utf8').catch(() => '127.0.0.1 localhost\n')
  if (!hosts.split('\n').includes(line)) await fs.writeFile(file, `${hosts.trimEnd()}\n${line}\n`)
}
