import type { CheckHost } from '../../dialplan-check/host.js'
import type { RenderedFile } from '../rendered-file.js'

/** What Asterisk would find once the new files are in place: they, and behind them all that is in the folder already (what is added by hand, other modules' files). */
export class StagedFiles implements CheckHost {
  readonly folder: string
  readonly #staged: ReadonlyMap<string, { readonly bytes: Buffer; readonly mode: number }>
  readonly #names: readonly string[]
  readonly #behind: CheckHost

  constructor(files: readonly RenderedFile[], behind: CheckHost) {
    this.folder = behind.folder
    this.#names = files.map(({ name }) => name)
    this.#staged = new Map(files.map(({ name, text, mode }) => [`${this.folder}/${name}`, { bytes: Buffer.from(text), mode }]))
    this.#behind = behind
  }

  read(path: string): Uint8Array | 'not-a-file' | undefined {
    return this.#staged.get(path)?.bytes ?? this.#behind.read(path)
  }

  list(folder: string): readonly string[] | undefined {
    const others = this.#behind.list(folder)
    return folder === this.folder ? [...new Set([...(others ?? []), ...this.#names])] : others
  }

  mode(path: string): number | undefined {
    return this.#staged.get(path)?.mode ?? this.#behind.mode(path)
  }
}
