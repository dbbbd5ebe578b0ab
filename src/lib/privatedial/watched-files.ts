import fs from 'node:fs'
import { ExitStatus, type PbxkitError } from '../errors.js'

/** Asterisk takes some seconds to start. What lasts longer is tried again after twice the time, so that no log is filled with it. */
const firstRetryMs = 15_000
const maxRetryMs = 300_000

/** What passes by itself: nobody has to change a file for it. */
const passing: readonly number[] = [ExitStatus.unreachable, ExitStatus.io, ExitStatus.tryAgain]

/**
 * Files that something was made of, each as it was before it was read: a change while it is read counts. Times and sizes are looked at, not notifications, which miss files that are replaced by
 * a rename, and network folders.
 */
export class WatchedFiles {
  readonly #states = new Map<string, string>()
  readonly #clock: () => number
  #retryAt = Number.POSITIVE_INFINITY
  #retryMs = firstRetryMs

  /** @param clock milliseconds, from anywhere */
  constructor(clock = () => performance.now()) {
    this.#clock = clock
  }

  /** All is read anew: forgets the files of the last time. */
  begin(files: readonly string[]): void {
    this.#states.clear()
    if (this.#clock() < this.#retryAt) this.#retryMs = firstRetryMs
    this.#retryAt = Number.POSITIVE_INFINITY
    this.add(files)
  }

  /** To be called before they are read. A file that is not there is watched for. */
  add(files: readonly string[]): void {
    for (const file of files) if (!this.#states.has(file)) this.#states.set(file, stateOf(file))
  }

  /** Counts as a change after a while, where what was made of the files has failed of something that passes: Asterisk that is away, a full disk. */
  retryAfter({ exit }: Pick<PbxkitError, 'exit'>): void {
    if (!passing.includes(exit)) return
    this.#retryAt = this.#clock() + this.#retryMs
    this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs)
  }

  get hasChanged(): boolean {
    return this.#clock() >= this.#retryAt || [...this.#states].some(([file, state]) => stateOf(file) !== state)
  }
}

/** What changes with a change of the file. */
function stateOf(file: string): string {
  try {
    const { ino, mtimeNs, size } = fs.statSync(file, { bigint: true })
    return `${ino} ${mtimeNs} ${size}`
  } catch {
    return 'none'
  }
}
