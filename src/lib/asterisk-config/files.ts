import { expandBraces, hasMagic, matchesGlob } from './glob.js'

/** Where the reader gets its files: a folder, a record of a test, an archive. Paths are absolute, with `/`. */
export interface ConfigFiles {
  /** What a relative name is looked for in: Asterisk's astetcdir, whichever file the `#include` stands in. */
  readonly folder: string
  /** The bytes of a file; `undefined` when there is none (or it cannot be opened), `not-a-file` for a folder, a device or the like. */
  read(path: string): Uint8Array | 'not-a-file' | undefined
  /** The names in a folder, in any order; undefined when there is no such folder. Asked for globs only. */
  list(folder: string): readonly string[] | undefined
}

/** A whole path: a relative name is one in the folder. */
export function resolvePath(files: ConfigFiles, name: string): string {
  return name.startsWith('/') ? name : `${files.folder.replace(/\/$/, '')}/${name}`
}

/**
 * The files that a name stands for, as glob(3) with GLOB_NOMAGIC and GLOB_BRACE gives them: sorted by their bytes within each alternative of a brace; a name
 * without `*`, `?`, `[` and `{` is itself, whether it exists or not.
 */
export function expandPath(files: ConfigFiles, path: string): string[] {
  if (!hasMagic(path)) return [path]
  return expandBraces(path).flatMap((one) => (hasMagic(one) ? expandFolders(files, one) : [one]))
}

function expandFolders(files: ConfigFiles, path: string): string[] {
  let found = ['']
  for (const part of path.split('/').slice(1)) {
    found = hasMagic(part)
      ? found.flatMap((folder) =>
          [...(files.list(folder || '/') ?? [])]
            .filter((name) => matchesGlob(part, name))
            .sort(byBytes)
            .map((name) => `${folder}/${name}`)
        )
      : found.map((folder) => `${folder}/${part}`)
  }
  return found
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

/** Files in memory, by absolute path or by their name in the folder. */
export class MemoryFiles implements ConfigFiles {
  readonly folder: string
  readonly #files: ReadonlyMap<string, Uint8Array>

  constructor(files: Readonly<Record<string, string | Uint8Array>>, folder = '/etc/asterisk') {
    this.folder = folder
    const entries = Object.entries(files).map(
      ([name, content]) => [resolvePath(this, name), typeof content === 'string' ? Buffer.from(content) : content] as const
    )
    this.#files = new Map(entries)
  }

  read(path: string): Uint8Array | 'not-a-file' | undefined {
    return this.#files.get(path) ?? (this.list(path) ? 'not-a-file' : undefined)
  }

  list(folder: string): readonly string[] | undefined {
    const prefix = folder === '/' ? '/' : `${folder}/`
    const names = [...this.#files.keys()].flatMap((path) =>
      path.startsWith(prefix) ? [path.slice(prefix.length).split('/')[0]!] : []
    )
    return names.length > 0 ? [...new Set(names)] : undefined
  }
}
