import fs from 'node:fs'
import { ConfigError } from '../../errors.js'
import type { UserOptions } from '../user-options.js'
import { parseAstmanproxyUsers } from './astmanproxy-users.js'
import type { Finding } from './finding.js'

/** A users file holds a line per account; a device or a mistaken large file is not worth reading. */
const maxFileBytes = 16 * 1024 * 1024

/** Reads a configuration file as text. @throws ConfigError with what the file is, and why it cannot be read */
export function readSmallFile(file: string, what: string): string {
  try {
    if (fs.statSync(file).size > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes} bytes`)
    return fs.readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`Cannot read the ${what} ${file}: ${(cause as Error).message}`, { cause })
  }
}

/** The first finding that is an error stops the start. @throws ConfigError with file and line */
export function refuseErrors(findings: readonly Finding[]): void {
  const error = findings.find(({ severity }) => severity === 'error')
  if (!error) return
  throw new ConfigError(`${error.file}:${error.line}: ${error.message}`, { ...(error.hint && { hint: error.hint }) })
}

/**
 * The accounts of a users file: lines `name = secret`, with the filter columns of astmanproxy.users behind the secret.
 * @throws ConfigError with the line
 */
export function readAccountsFile(file: string): UserOptions[] {
  const { users, findings } = parseAstmanproxyUsers(readSmallFile(file, 'users file'), file)
  refuseErrors(findings)
  if (users.length === 0) throw new ConfigError(`${file} names no user`, { hint: 'Write name = secret, one a line.' })
  return users
}
