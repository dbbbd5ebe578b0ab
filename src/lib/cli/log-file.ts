import fs from 'node:fs'
import path from 'node:path'
import { IoError } from '../errors.js'

const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NONBLOCK, O_NOFOLLOW } = fs.constants
/** A pipe that nobody reads must not hold the service up: it is refused. Files do not know the difference. */
const flags = O_WRONLY | O_APPEND | (O_NONBLOCK ?? 0)

/** Whose a file that is made is to be: the user that the service goes on as. */
export interface FileOwner {
  uid: number
  gid: number
}

/**
 * A file that lines are appended to. Each is written at once, in one call: nothing is lost at the end of the process, however it ends, and lines of
 * two processes do not mix. A file that is made has mode 0600; one that is there keeps its mode and owner, which logrotate may have given it.
 */
export class LogFile {
  readonly path: string
  readonly #onTrouble: (message: string) => void
  #fd: number
  #lost = 0

  /**
   * @param owner whose the file is when it has to be made; without it, ours. One that is there is not given away: it could be a link to another's.
   * @param onTrouble told when a line cannot be written (once, until one can), and what was lost when one can again
   * @throws IoError
   */
  constructor(file: string, { owner, onTrouble }: { owner?: FileOwner | undefined; onTrouble: (message: string) => void }) {
    this.path = file
    this.#onTrouble = onTrouble
    this.#fd = open(file, owner)
  }

  write(line: string): void {
    try {
      writeWhole(this.#fd, line)
    } catch (error) {
      if (this.#lost++ === 0) this.#onTrouble(`cannot write to ${this.path}: ${(error as Error).message}`)
      return
    }
    if (this.#lost === 0) return
    this.#onTrouble(`${this.path} can be written to again; ${this.#lost} lines are missing in it`)
    this.#lost = 0
  }

  /**
   * Opens the file of this name anew, when the one that is open is not it any more (it was renamed, or removed).
   * @throws IoError when it cannot be opened; the old one goes on being written to
   */
  reopen(): void {
    if (this.#isCurrent()) return
    const fd = open(this.path)
    fs.closeSync(this.#fd)
    this.#fd = fd
  }

  #isCurrent(): boolean {
    try {
      const [named, opened] = [fs.statSync(this.path), fs.fstatSync(this.#fd)]
      return named.dev === opened.dev && named.ino === opened.ino
    } catch {
      return false
    }
  }
}

/** @throws IoError where no file of this name could be opened. Makes none: who checks the settings may be another than who uses them. */
export function assertLogFile(file: string): void {
  try {
    const stat = fs.statSync(file, { throwIfNoEntry: false })
    if (stat?.isDirectory()) throw new Error('it is a directory')
    fs.accessSync(stat ? file : path.dirname(file), fs.constants.W_OK)
  } catch (cause) {
    throw openFailure(file, cause as NodeJS.ErrnoException)
  }
}

/** One call may write less than it was given: into a pipe, or when the disk is nearly full. */
function writeWhole(fd: number, line: string): void {
  const bytes = Buffer.from(line)
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at)
}

function open(file: string, owner?: FileOwner): number {
  try {
    const made = make(file, owner)
    // Root does not follow a link that the service's own user, whose folder it may be, could have put there.
    return made ?? fs.openSync(file, flags | (owner ? (O_NOFOLLOW ?? 0) : 0))
  } catch (cause) {
    throw openFailure(file, cause as NodeJS.ErrnoException)
  }
}

/** @returns undefined when there is one of this name */
function make(file: string, owner: FileOwner | undefined): number | undefined {
  let fd: number
  try {
    fd = fs.openSync(file, flags | O_CREAT | O_EXCL, 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
  if (owner) fs.fchownSync(fd, owner.uid, owner.gid)
  return fd
}

function openFailure(file: string, cause: NodeJS.ErrnoException): IoError {
  const hints: Record<string, string> = {
    EACCES:
      'The user that the service runs as needs the right to write it, and to make files in its folder (logrotate: create 0600 USER GROUP).',
    ENOENT: 'Make its folder first.',
    ELOOP: 'It is a link: name the file itself.',
    ENXIO: 'It is a pipe that nobody reads.'
  }
  const hint = hints[cause.code ?? '']
  return new IoError(`Cannot open the log file ${file}: ${cause.message}`, { cause, ...(hint && { hint }) })
}
