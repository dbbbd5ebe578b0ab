import path from 'node:path'
import { runInChroot } from '../servers/chroot.js'
import { CommandError } from '../servers/errors.js'
import { chrootsDir } from '../servers/lab-dir.js'
import { withLock } from '../servers/lock.js'

/** Installs Debian packages into a chroot that is there already: programs that Asterisk runs. What is there stays as it is. */
export async function installInChroot(name: string, packages: readonly string[]): Promise<void> {
  const root = path.join(chrootsDir(), name)
  if (await areInstalled(root, packages)) return
  await withLock(`chroot-${name}`, async (lockFd) => {
    if (await areInstalled(root, packages)) return
    await runInChroot(root, ['apt-get', '-o', 'Acquire::Check-Valid-Until=false', 'update'], lockFd)
    await runInChroot(root, ['apt-get', 'install', '-y', '--no-install-recommends', ...packages], lockFd)
    await runInChroot(root, ['apt-get', 'clean'], lockFd)
  })
}

async function areInstalled(root: string, packages: readonly string[]): Promise<boolean> {
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own format syntax
    const found = await runInChroot(root, ['dpkg-query', '--show', '--showformat=${db:Status-Status}\n', ...packages])
    return found
      .trim()
      .split('\n')
      .every((status) => status === 'installed')
  } catch (error) {
    if (error instanceof CommandError) return false
    throw error
  }
}
