import type { Log } from './log.js'
import { assertLogFile, type FileOwner, LogFile } from './log-file.js'
import { describeError } from './report-error.js'

/** The files that a service writes its logs to. */
export class LogFiles {
  readonly #files: LogFile[] = []
  readonly #note: (message: string) => void

  /** @param note a remark on stderr: what goes wrong with a log cannot stand in that log alone */
  constructor(note: (message: string) => void) {
    this.#note = note
  }

  get isEmpty(): boolean {
    return this.#files.length === 0
  }

  /** Could it be opened? Makes no file. @throws IoError */
  check(file: string): void {
    assertLogFile(file)
  }

  /** @throws IoError */
  open(file: string, owner: FileOwner | undefined): LogFile {
    const opened = new LogFile(file, { owner, onTrouble: this.#note })
    this.#files.push(opened)
    return opened
  }

  /** Opens all anew that were renamed. One that cannot be opened keeps the file that it has. */
  reopen(log: Pick<Log, 'error'>): void {
    for (const file of this.#files) {
      try {
        file.reopen()
      } catch (error) {
        const { message, hint } = describeError(error)
        log.error({ reason: message, hint }, 'a log file was not opened anew; the old one goes on')
        this.#note(`${message}. The old file goes on${hint ? `. ${hint}` : ''}`)
      }
    }
  }
}
