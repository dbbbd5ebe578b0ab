import fs from 'node:fs'
import { DataError, IoError } from '../errors.js'

/**
 * Reads a whole file of text, or stdin for "-".
 * @throws IoError when it cannot be read; DataError when it is larger than `maxBytes`, or no UTF-8
 */
export async function readInput(file: string, maxBytes: number): Promise<string> {
  const what = file === '-' ? 'stdin' : file
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of file === '-' ? process.stdin : fs.createReadStream(file)) {
      parts.push(part as Buffer)
      bytes += (part as Buffer).length
      if (bytes > maxBytes) break
    }
  } catch (cause) {
    throw new IoError(`Cannot read ${what}: ${(cause as Error).message}`, { cause })
  }
  if (bytes > maxBytes) throw new DataError(`${what} has more than ${maxBytes} bytes`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
  } catch (cause) {
    throw new DataError(`${what} is no UTF-8`, { cause })
  }
}
