import fs from 'node:fs'
import type { ConfigFiles } from '../asterisk-config/files.js'
import { MemoryFiles } from '../asterisk-config/files.js'
import { ConfigFolder } from '../dialplan/config-folder.js'

/** Where a check looks: the folder of the configuration, and what its files name by whole paths. Nothing is written, nothing is run. */
export interface CheckHost extends ConfigFiles {
  /** The permission bits of a file; undefined where there is none, or no such thing. */
  mode(path: string): number | undefined
}

/** This machine. Each file is read once. */
export class FolderHost extends ConfigFolder implements CheckHost {
  readonly #read = new Map<string, Buffer | 'not-a-file' | undefined>()

  override read(path: string): Buffer | 'not-a-file' | undefined {
    if (!this.#read.has(path)) this.#read.set(path, super.read(path))
    return this.#read.get(path)
  }

  mode(path: string): number | undefined {
    if (process.platform === 'win32') return undefined
    try {
      return fs.statSync(path).mode & 0o777
    } catch {
      return undefined
    }
  }
}

/** Files in memory; those without a mode are nobody else's. */
export class MemoryHost extends MemoryFiles implements CheckHost {
  readonly #modes: Readonly<Record<string, number>>

  constructor(files: Readonly<Record<string, string | Uint8Array>>, modes: Readonly<Record<string, number>> = {}) {
    super(files)
    this.#modes = modes
  }

  mode(path: string): number | undefined {
    return this.#modes[path] ?? this.#modes[path.slice(this.folder.length + 1)] ?? 0o640
  }
}
