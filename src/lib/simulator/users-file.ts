import fs from 'node:fs'
import { ConfigError } from '../errors.js'

/** A users file holds a line per account; a device or a mistaken large file is not worth reading. */
const maxFileBytes = 1024 * 1024

/**
 * Reads `name=secret` lines. `;` and `#` begin a comment line; what follows a comma after the secret (columns of other programs) is ignored.
 * @throws ConfigError with the line, or when the file cannot be read or names nobody
 */
export function readUsersFile(file: string): Map<string, string> {
  let text: string
  try {
    if (fs.statSync(file).size > maxFileBytes) throw new Error('it is larger than 1 MiB')
    text = fs.readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`Cannot read the users file ${file}: ${(cause as Error).message}`, { cause })
  }
  return parseUsers(text, file)
}

/** @throws ConfigError with the line */
export function parseUsers(text: string, file: string): Map<string, string> {
  const users = new Map<string, string>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || /^[;#]/.test(trimmed)) continue
    const at = trimmed.indexOf('=')
    const name = trimmed.slice(0, at).trim()
    const secret = trimmed
      .slice(at + 1)
      .split(',', 1)[0]!
      .trim()
    if (at < 1 || name === '' || secret === '') {
      throw new ConfigError(`${file}:${index + 1}: this is no user`, { hint: 'Write name=secret, one a line.' })
    }
    users.set(name, secret)
  }
  if (users.size === 0) throw new ConfigError(`${file} names no user`, { hint: 'Write name=secret, one a line.' })
  return users
}
