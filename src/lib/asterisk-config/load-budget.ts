import { TooLarge } from './fatal.js'
import { maxFileBytes, maxFilesRead, maxSettings } from './limits.js'

/** How much one configuration may bring: includes and templates that double would go on for ever. */
export class LoadBudget {
  #files = 0
  #settings = 0

  /** @param at where the file is asked for @throws TooLarge */
  takeFile(path: string, bytes: number, at: { readonly path: string; readonly line: number }): void {
    if (bytes <= maxFileBytes && ++this.#files <= maxFilesRead) return
    const why = bytes > maxFileBytes ? `It is larger than ${maxFileBytes} bytes` : `More than ${maxFilesRead} files are included`
    throw new TooLarge(`${path}, asked for in line ${at.line} of ${at.path}, is not read: ${why}`)
  }

  /** @throws TooLarge */
  takeSettings(count: number): void {
    this.#settings += count
    if (this.#settings > maxSettings) throw new TooLarge(`There are more than ${maxSettings} settings`)
  }
}
