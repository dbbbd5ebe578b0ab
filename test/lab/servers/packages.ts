import fs from 'node:fs/promises'
import { run } from './command.js'
import { APT_OPTIONS, requireDebian, updateLists } from './debian.js'
import { CommandError } from './errors.js'
import { withLock } from './lock.js'
import { progress, timed } from './progress.js'

/** invoke-rc.d asks this program whether a package may start its service. */
const POLICY_FILE = '/usr/sbin/policy-rc.d'
const POLICY_MARK = '# Put here by the pbxkit lab while it installs packages. Safe to remove.'
/** invoke-rc.d(8): 101 is "action forbidden by policy". */
const POLICY = `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`

/** Those of the packages that are not installed. */
export async function missingPackages(names: readonly string[]): Promise<string[]> {
  const installed = await Promise.all(names.map(isInstalled))
  return names.filter((_, index) => !installed[index])
}

/**
 * Installs the packages that are missing, and touches none of the others. No service is started: the lab starts its own
 * servers, with their own folders and ports, and a stranger's database on the default port would be in the way.
 */
export async function installPackages(names: readonly string[]): Promise<void> {
  if ((await missingPackages(names)).length === 0) return
  requireDebian()
  await withLock(
    'packages',
    async (lockFd) => {
      const missing = await missingPackages(names)
      if (missing.length === 0) return
      const env = { DEBIAN_FRONTEND: 'noninteractive' }
      await timed(`installing the Debian packages ${missing.join(', ')}`, async () => {
        await updateLists(lockFd)
        await withoutServices(async () => {
          await run('apt-get', [...APT_OPTIONS, 'install', '--no-install-recommends', ...missing], { env, lockFd })
        })
      })
    },
    () => progress('waiting for another process that installs packages')
  )
}

async function isInstalled(name: string): Promise<boolean> {
  try {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own format syntax
    return (await run('dpkg-query', ['--show', '--showformat=${db:Status-Status}', name])) === 'installed'
  } catch (error) {
    if (error instanceof CommandError) return false // dpkg has never heard of it.
    throw error
  }
}

/** A policy of the machine's owner stays in charge; only ours, left by a killed run, is replaced and removed. */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  const present = await fs.readFile(POLICY_FILE, 'utf8').catch(() => undefined)
  if (present !== undefined && !present.includes(POLICY_MARK)) {
    await work()
    return
  }
  await fs.writeFile(POLICY_FILE, POLICY, { mode: 0o755 })
  try {
    await work()
  } finally {
    await fs.rm(POLICY_FILE, { force: true })
  }
}
