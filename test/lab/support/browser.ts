import { describe, it } from 'vitest'
import { whyNoDebian } from '../servers/debian.js'
import { LabError } from '../servers/errors.js'
import { installPackages } from '../servers/packages.js'

/** A suite that needs a browser, and no server of the lab. Where there is none and none can be installed, as `describeLab`. */
export async function describeWithBrowser(name: string, suite: () => void): Promise<void> {
  const reason = await whyNoBrowser()
  if (reason === undefined) describe(name, suite)
  else if (process.env.PBXKIT_LAB_REQUIRED === '1')
    it(`${name}: a browser is required`, () => {
      throw new Error(reason)
    })
  else describe.skip(`${name} (skipped: ${reason})`, suite)
}

async function whyNoBrowser(): Promise<string | undefined> {
  const noDebian = whyNoDebian()
  if (noDebian) return noDebian
  try {
    await installPackages(['chromium'])
    return undefined
  } catch (error) {
    if (error instanceof LabError) return error.message.split('\n')[0]
    throw error
  }
}
