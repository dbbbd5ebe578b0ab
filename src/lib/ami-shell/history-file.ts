import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** So many lines are kept; a file with twice as many is written anew. */
const maxLines = 1_000
/** A line of an action is at most some kilobytes; what is larger altogether is no history of ours. */
const maxFileBytes = 4 * 1024 * 1024

/** Where the shell keeps what was typed: state, by the XDG base directories. A relative path there counts for nothing. */
export function historyPath(env: NodeJS.ProcessEnv = process.env): string {
  const state = env.XDG_STATE_HOME
  const home = state && path.isAbsolute(state) ? state : path.join(env.HOME || os.homedir(), '.local', 'state')
  return path.join(home, 'pbxkit', 'ami_history')
}

/** A history that outlives the shell: a line each, the newest last, for its owner only (0600). Several shells may add to it. */
export class HistoryFile {
  readonly #path: string
  readonly #onFailure: (message: string) => void
  #failed = false

  /** @param onFailure told once, when it cannot be read or written: the shell works without it */
  constructor(file: string, onFailure: (message: string) => void) {
    this.#path = file
    this.#onFailure = onFailure
  }

  /** The newest lines, the newest last. Lines with control characters were not written by us. */
  load(): string[] {
    return (
      this.#attempt(() => {
        fs.mkdirSync(path.dirname(this.#path), { recursive: true, mode: 0o700 })
        const stat = fs.statSync(this.#path, { throwIfNoEntry: false })
        if (!stat) return []
        if (!stat.isFile() || stat.size > maxFileBytes) throw new Error('it is no file of ours')
        if ((stat.mode & 0o077) !== 0) fs.chmodSync(this.#path, 0o600)
        const lines = fs.readFileSync(this.#path, 'utf8').split('\n')
        const own = lines.filter((line) => line !== '' && !/[\u0000-\u001f\u007f-\u009f]/.test(line))
        if (own.length > 2 * maxLines) this.#replace(own.slice(-maxLines))
        return own.slice(-maxLines)
      }) ?? []
    )
  }

  append(line: string): void {
    if (/[\u0000-\u001f\u007f-\u009f]/.test(line)) return
    this.#attempt(() => fs.appendFileSync(this.#path, `${line}\n`, { mode: 0o600 }))
  }

  #replace(lines: readonly string[]): void {
    const temporary = `${this.#path}.${process.pid}`
    fs.writeFileSync(temporary, `${lines.join('\n')}\n`, { mode: 0o600 })
    fs.renameSync(temporary, this.#path)
  }

  #attempt<T>(work: () => T): T | undefined {
    try {
      return this.#failed ? undefined : work()
    } catch (error) {
      this.#failed = true
      this.#onFailure(`The history in ${this.#path} is not used: ${(error as Error).message}`)
      return undefined
    }
  }
}
