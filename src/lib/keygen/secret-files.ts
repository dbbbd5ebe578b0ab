import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { IoError, UsageError } from '../errors.js'

export interface NewFile {
  readonly path: string
  readonly content: string
}

/** For the owner alone. Certificates, too: what is public in them is told by every handshake. */
const mode = 0o600

/**
 * Writes files that only their owner may read, each whole or not at all, and all of them or none. A file that is there stays as it is unless
 * `force` is set; then it is replaced, and a link is replaced, not followed.
 * @throws UsageError when one is there already, IoError
 */
export function writeSecretFiles(files: readonly NewFile[], { force }: { force: boolean }): void {
  const exists = (file: string) => fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined
  const there = force ? undefined : files.find((file) => exists(file.path))
  if (there) throw alreadyThere(there.path)
  const written: { temporary: string; path: string }[] = []
  const published: string[] = []
  try {
    for (const file of files) written.push({ temporary: writeTemporary(file), path: file.path })
    for (const one of written) {
      // A link fails when the name is taken, a rename does not: nobody's file is lost to one that came in this very moment.
      if (force) fs.renameSync(one.temporary, one.path)
      else fs.linkSync(one.temporary, one.path)
      published.push(one.path)
    }
  } catch (cause) {
    if (!force) for (const file of published) fs.rmSync(file, { force: true })
    const { code, message, path: source, dest } = cause as NodeJS.ErrnoException & { dest?: string }
    if (code === 'EEXIST' && dest) throw alreadyThere(dest, cause)
    throw new IoError(`Cannot write ${dest ?? source ?? files[0]?.path}: ${message}`, { cause })
  } finally {
    for (const { temporary } of written) fs.rmSync(temporary, { force: true })
  }
}

function alreadyThere(file: string, cause?: unknown): UsageError {
  return new UsageError(`${file} is there already`, { cause, hint: 'Choose another name, or replace it with --force.' })
}

/** A new file in the folder of the final one, so that it can take its place at once. */
function writeTemporary({ path: file, content }: NewFile): string {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`)
  const fd = fs.openSync(temporary, 'wx', mode)
  try {
    fs.writeFileSync(fd, content)
    fs.fsyncSync(fd)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  } finally {
    fs.closeSync(fd)
  }
  return temporary
}
