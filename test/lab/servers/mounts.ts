import fs from 'node:fs/promises'
import path from 'node:path'
import { run } from './command.js'
import { LabError } from './errors.js'

/** Mounts proc in the chroot unless it is mounted already. */
export async function mountProc(root: string): Promise<void> {
  const point = path.join(await fs.realpath(root), 'proc')
  if ((await mountsBelow(root)).includes(point)) return
  await run('mount', ['-t', 'proc', 'proc', point])
}

/** Unmounts all that is mounted in the chroot, the deepest first. */
export async function unmountAll(root: string): Promise<void> {
  for (const point of (await mountsBelow(root)).sort().reverse()) await run('umount', [point])
}

/**
 * Removes a chroot.
 * @throws LabError instead when something is still mounted in it: removing through a mount would remove what is behind
 */
export async function removeRoot(root: string): Promise<void> {
  await unmountAll(root)
  const left = await mountsBelow(root)
  if (left.length > 0) {
    throw new LabError(`${left.join(', ')} is still mounted, so ${root} is not removed`, 'unmount it by hand and try again')
  }
  await fs.rm(root, { recursive: true, force: true })
}

async function mountsBelow(root: string): Promise<string[]> {
  const real = await fs.realpath(root).catch(() => root)
  const lines = (await fs.readFile('/proc/self/mounts', 'utf8')).split('\n')
  // The second field is the mount point, with blanks written as \040.
  const points = lines.map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
  return points.filter((point) => point.startsWith(`${real}/`))
}
