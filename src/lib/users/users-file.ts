import fs from 'node:fs'
import { ConfigError } from '../errors.js'

/** A users file holds a line per account; a device or a mistaken large file is not worth reading. */
const maxFileBytes = 16 * 1024 * 1024

/** One line of a users file. */
export interface UserEntry {
  name: string
  secret: string
  /** What follows the secret, separated by commas: the filter columns of astmanproxy.users. */
  columns: string[]
  /** `file:line`, for messages. */
  where: string
}

/**
 * Reads a users file: `name = secret` a line, `;` and `#` begin comments. An empty secret is refused: it would be a login without one.
 * @throws ConfigError with the line, or when the file cannot be read or names nobody
 */
export function readUsersFile(file: string): UserEntry[] {
  try {
    if (fs.statSync(file).size > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes} bytes`)
    return parseUsers(fs.readFileSync(file, 'utf8'), file)
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(`Cannot read the users file ${file}: ${(cause as Error).message}`, {
      cause,
      hint: 'Name a file with lines "name = secret" with --users.'
    })
  }
}

/** @param file its name, for messages @throws ConfigError */
export function parseUsers(text: string, file: string): UserEntry[] {
  const users = new Map<string, UserEntry>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.replace(/^\s*[;#].*$|\s+[;#].*$/, '').trim()
    if (content === '') continue
    const user = parseUser(content, `${file}:${index + 1}`)
    if (users.has(user.name)) throw new ConfigError(`${user.where}: the user "${user.name}" is there twice`)
    users.set(user.name, user)
  }
  if (users.size === 0) throw new ConfigError(`${file} names no user`, { hint: 'Write name = secret, one a line.' })
  return [...users.values()]
}

function parseUser(line: string, where: string): UserEntry {
  const at = line.indexOf('=')
  const name = line.slice(0, Math.max(0, at)).trim()
  if (name === '') throw new ConfigError(`${where}: this is no user`, { hint: 'Write name = secret, one a line.' })
  const [secret = '', ...columns] = line
    .slice(at + 1)
    .split(',')
    .map((column) => column.trim())
  if (secret === '') throw new ConfigError(`${where}: the user "${name}" has no secret`)
  return { name, secret, columns, where }
}
