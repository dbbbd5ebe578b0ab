import fs from 'node:fs'
import path from 'node:path'
import type { ConfigFiles } from '../asterisk-config/files.js'
import { maxFileBytes } from '../asterisk-config/limits.js'
import { IoError } from '../errors.js'

/** The configuration files of a folder, such as /etc/asterisk, and whatever they include by whole paths, for the reader of asterisk-config. */
export class ConfigFolder implements ConfigFiles {
  readonly folder: string

  constructor(folder: string) {
    this.folder = path.resolve(folder)
  }

  /** @throws IoError when a file is there and cannot be read, or is too large: Asterisk may be able to read what we are not allowed to */
  read(file: string): Buffer | 'not-a-file' | undefined {
    try {
      const stat = fs.statSync(file)
      if (!stat.isFile()) return 'not-a-file'
      if (stat.size > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes} bytes`)
      return fs.readFileSync(file)
    } catch (cause) {
      if (isMissing(cause)) return undefined
      throw new IoError(`Cannot read ${file}: ${(cause as Error).message}`, { cause })
    }
  }

  list(folder: string): string[] | undefined {
    try {
      return fs.readdirSync(folder)
    } catch (cause) {
      if (isMissing(cause)) return undefined
      throw new IoError(`Cannot list ${folder}: ${(cause as Error).message}`, { cause })
    }
  }
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '')
}
