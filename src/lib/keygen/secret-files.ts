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
 * `force` is set; then it is replaced, and a link is replaced, not followed. What was replaced before a later file failed stays replaced.
 * @throws UsageError when one is there already, IoError
 */
export function writeSecretFiles(files: readonly NewFile[], { force }: { force: boolean }): void {
  for (const { path: file } of files) {
    const stat = fs.lstatSync(file, { throwIfNoEntry: false })
    if (stat?.isDirectory()) throw new UsageError(`${file} is a folder`, { hint: 'Name a file in it.' })
    if (stat && !force) throw alreadyThere(file)
  }
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
    // Nobody knows the temporary name that the system speaks of.
    const file = dest ?? files.find((one) => source && path.basename(source).startsWith(`.${path.basename(one.path)}.`))?.path
    const reason = source && file ? message.replace(source, file) : message
    const hint = code === 'ENOENT' ? 'Make its folder first.' : undefined
    throw new IoError(`Cannot write ${file ?? source ?? files[0]?.path}: ${reason}`, { cause, ...(hint && { hint }) })
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
