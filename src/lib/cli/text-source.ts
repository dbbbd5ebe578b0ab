import fs from 'node:fs'
import { text } from 'node:stream/consumers'
import { IoError } from '../errors.js'

/** The text of a file, or of stdin for `-`. @throws IoError */
export async function readTextFile(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : fs.readFileSync(file, 'utf8')
  } catch (cause) {
    throw new IoError(`Cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
}
