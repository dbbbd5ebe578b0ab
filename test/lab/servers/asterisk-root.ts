import { type ChrootPlan, makeChroot, runInChroot } from './chroot.js'
import { LabError } from './errors.js'

export type AsteriskVersion = 16 | 22

/** Debian 12 has no Asterisk. Its unstable suite has 22; bullseye has 16, whose AMI is a generation older. */
const SUITES: Readonly<Record<AsteriskVersion, string>> = { 16: 'bullseye', 22: 'sid' }

export function asteriskRoot(version: AsteriskVersion): ChrootPlan {
  const suite = SUITES[version]
  return { name: `asterisk${version}`, suite, packages: ['asterisk'], check: (root) => checkVersion(root, suite, version) }
}

/** Makes the chroot with that Asterisk unless it is there. @returns its root */
export async function prepareAsterisk(version: AsteriskVersion): Promise<string> {
  return await makeChroot(asteriskRoot(version))
}

/** Debian's unstable suite moves on; a test of Asterisk 22 must not run against 23 unnoticed. */
async function checkVersion(root: string, suite: string, version: AsteriskVersion): Promise<void> {
  const found = (await runInChroot(root, ['asterisk', '-V'])).trim()
  if (found.startsWith(`Asterisk ${version}.`)) return
  throw new LabError(
    `Debian ${suite} has "${found}", and Asterisk ${version} was wanted`,
    `name a suite that has it in SUITES in asterisk-root.ts, and remove ${root}`
  )
}
