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

/** Writes beside the file and renames, so that nobody sees half of it. @throws IoError */
export function writeTextFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    fs.writeFileSync(temporary, text)
    fs.renameSync(temporary, file)
  } catch (cause) {
    fs.rmSync(temporary, { force: true })
    throw new IoError(`Cannot write ${file}: ${(cause as Error).message}`, { cause })
  }
}
