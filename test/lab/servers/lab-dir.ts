import os from 'node:os'
import path from 'node:path'

/**
 * The folder that keeps chroots, locks and the records of running instances. It lies outside the checkout because it is
 * large, belongs to root, and must survive a fresh clone so that the second run starts in seconds.
 */
export function labDir(): string {
  const { PBXKIT_LAB_DIR } = process.env
  return path.resolve(PBXKIT_LAB_DIR || path.join(os.homedir(), '.cache', 'pbxkit-lab'))
}

/** Where finished and half-built chroots are kept. */
export function chrootsDir(): string {
  return path.join(labDir(), 'chroots')
}

/** Where one JSON record per running instance is kept (see registry.ts). */
export function recordsDir(): string {
  return path.join(labDir(), 'instances')
}
