import { describe, it } from 'vitest'
import { labAvailable } from '../servers/availability.js'
import { codename, whyNoDebian } from '../servers/debian.js'
import { LabError } from '../servers/errors.js'
import { installPackages, missingPackages } from '../servers/packages.js'
import { describeLab } from './lab.js'

/**
 * A suite that needs an Asterisk 22, and clients that are Debian packages, which are installed when they are missing. Where
 * that cannot be it is skipped with the reason in its name, or fails with PBXKIT_LAB_REQUIRED=1.
 */
export async function describeLabWith(packages: readonly string[], name: string, suite: () => void): Promise<void> {
  const reason = await whyNot(packages)
  if (reason === undefined) await describeLab(name, suite)
  else if (process.env.PBXKIT_LAB_REQUIRED === '1')
    it(`${name}: its clients are installed`, () => {
      throw new Error(reason)
    })
  else describe.skip(`${name} (skipped: ${reason})`, () => it('work', () => {}))
}

/** Why the packages are not there; undefined when they are. */
async function whyNot(packages: readonly string[]): Promise<string | undefined> {
  const noDebian = whyNoDebian()
  if (noDebian) return noDebian
  try {
    if ((await missingPackages(packages)).length === 0) return undefined
    // Nothing is fetched for a suite that would be skipped all the same.
    const lab = await labAvailable('asterisk22')
    if (!lab.ok) return lab.reason
    await installPackages(packages)
    return undefined
  } catch (error) {
    if (error instanceof LabError) return `Debian ${codename()} gives no ${packages.join(', ')}: ${error.message.split('\n')[0]}`
    throw error
  }
}
