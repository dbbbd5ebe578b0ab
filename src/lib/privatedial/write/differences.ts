import fs from 'node:fs'
import path from 'node:path'
import { IoError } from '../../errors.js'
import { type FileOrigin, originOf, type RenderedFile } from '../rendered-file.js'

/** How a file in the folder stands to what was rendered. */
export interface FileDifference {
  readonly name: string
  /** `missing`: there is none yet. `mode`: only who may read it differs. */
  readonly state: 'same' | 'missing' | 'mode' | 'differs'
  /** Of the file that is there; undefined when there is none. */
  readonly origin: FileOrigin | undefined
  readonly before: string | undefined
  readonly file: RenderedFile
}

/** Looks at the folder. @throws IoError for a file that cannot be read */
export function findDifferences(files: readonly RenderedFile[], folder: string): FileDifference[] {
  return files.map((file) => {
    const found = readIfThere(path.join(folder, file.name))
    if (!found) return { name: file.name, state: 'missing', origin: undefined, before: undefined, file }
    const { text, mode } = found
    const state = text !== file.text ? 'differs' : tooOpen(mode, file.mode) ? 'mode' : 'same'
    return { name: file.name, state, origin: originOf(text), before: text, file }
  })
}

/** Fewer rights than ours are the owner's choice. */
function tooOpen(mode: number, wanted: number): boolean {
  return (mode & 0o777 & ~wanted) !== 0
}

function readIfThere(file: string): { text: string; mode: number } | undefined {
  try {
    return { text: fs.readFileSync(file, 'utf8'), mode: fs.statSync(file).mode }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new IoError(`Cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
}
