import type { ConfigFiles } from '../../asterisk-config/files.js'

/** What Asterisk would find once the new files are in place: they, and behind them all that is in the folder already (what is added by hand, other modules' files). */
export class StagedConfig implements ConfigFiles {
  readonly folder: string
  readonly #staged: ReadonlyMap<string, string>
  readonly #behind: ConfigFiles

  /** @param staged texts by whole path */
  constructor(staged: ReadonlyMap<string, string>, behind: ConfigFiles) {
    this.folder = behind.folder
    this.#staged = staged
    this.#behind = behind
  }

  read(path: string): Uint8Array | 'not-a-file' | undefined {
    const text = this.#staged.get(path)
    return text === undefined ? this.#behind.read(path) : Buffer.from(text)
  }

  list(folder: string): readonly string[] | undefined {
    const ours = [...this.#staged.keys()].filter((path) => path.slice(0, path.lastIndexOf('/')) === folder)
    const names = ours.map((path) => path.slice(folder.length + 1))
    const others = this.#behind.list(folder)
    return others || names.length > 0 ? [...new Set([...(others ?? []), ...names])] : undefined
  }
}
