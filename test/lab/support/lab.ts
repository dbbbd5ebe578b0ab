import { describe, it } from 'vitest'
import { labAvailable, type ServerName } from '../servers/availability.js'

/**
 * A suite that needs real servers. Where they cannot be made it is skipped, with the reason in its name; with
 * PBXKIT_LAB_REQUIRED=1 (a machine that is known to have a lab) it fails instead, so that nothing is skipped unnoticed.
 */
export async function describeLab(name: string, suite: () => void, server: ServerName = 'asterisk22'): Promise<void> {
  const available = await labAvailable(server)
  if (available.ok) describe(name, suite)
  else if (process.env.PBXKIT_LAB_REQUIRED === '1') {
    it(`${name}: the lab is required`, () => {
      throw new Error(`PBXKIT_LAB_REQUIRED is set, but ${server} cannot be made: ${available.reason}`)
    })
  } else describe.skip(`${name} (skipped: ${available.reason})`, suite)
}
