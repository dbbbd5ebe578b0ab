import { existsSync, readFileSync } from 'node:fs'
import { run, succeeds } from './command.js'
import { LabUnavailableError } from './errors.js'
import { withLock } from './lock.js'

/** Why this machine cannot install Debian packages, or undefined when it can try. Looks, and changes nothing. */
export function whyNoDebian(): string | undefined {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get') || !codename()) {
    return 'the lab needs Debian (apt-get and a Debian code name in /etc/os-release), and this machine is something else'
  }
  if (process.getuid?.() !== 0) return 'the lab must run as root to install packages and make chroots, and we are not root'
  return undefined
}

/** @throws LabUnavailableError when the lab cannot be made here. */
export function requireDebian(): void {
  const reason = whyNoDebian()
  if (reason) throw new LabUnavailableError(reason, 'run it as root on a Debian 12 machine (a virtual machine will do)')
}

/** Another apt on this machine is waited for this long. */
export const APT_OPTIONS = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'APT::Get::Assume-Yes=true'] as const

/**
 * Fetches apt's package lists. A source that fails is no reason to stop: machines have sources of other parties, of which
 * the lab needs none, and what it does need fails again at once, with its own message, when it is installed.
 */
export async function updateLists(lockFd: number): Promise<void> {
  await succeeds('apt-get', [...APT_OPTIONS, 'update'], { lockFd })
}

/**
 * The mirror this machine's own apt uses: the one that is known to be reachable from here. On a fresh machine apt knows
 * it only once it has fetched its lists, so that is done then.
 * @throws LabUnavailableError when apt knows none that debootstrap can use
 */
export async function mirror(): Promise<string> {
  const known = await knownMirror()
  if (known) return known
  const found = await withLock('packages', async (lockFd) => {
    // Whoever held the lock may have fetched them.
    if (!(await knownMirror())) await updateLists(lockFd)
    return await knownMirror()
  })
  if (found) return found
  throw new LabUnavailableError(
    `apt has no http or https mirror for ${codename()} ("apt-get ${targetWords().join(' ')}" names none after "apt-get update")`,
    'put one into /etc/apt/sources.list.d, and see that "apt-get update" works'
  )
}

async function knownMirror(): Promise<string | undefined> {
  const uris = (await run('apt-get', targetWords())).split('\n')
  return uris.filter((uri) => /^https?:/.test(uri)).sort()[0]
}

function targetWords(): string[] {
  return ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', `Codename: ${codename()}`]
}

/**
 * The code name of the Debian that runs here, or undefined on another system: derived distributions have mirrors and
 * code names of their own, of which debootstrap and our package names know nothing.
 */
export function codename(): string | undefined {
  try {
    const release = readFileSync('/etc/os-release', 'utf8')
    return /^ID=debian$/m.test(release) ? /^VERSION_CODENAME="?(\w+)"?$/m.exec(release)?.[1] : undefined
  } catch {
    return undefined
  }
}
