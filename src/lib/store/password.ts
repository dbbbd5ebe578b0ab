import fs from 'node:fs'
import { ConfigError, UsageError } from '../errors.js'

/** Passwords are short; a device or a mistaken large file is not read to its end. */
const maxPasswordBytes = 64 * 1024

/** Where a password can come from, besides the URL. */
export interface PasswordSources {
  passwordFile?: string | undefined
  env: Readonly<Record<string, string | undefined>>
}

/** Whether others can see the URL: `argv` is shown to every user of the machine by ps. */
export type UrlSource = 'argv' | 'private'

const hint = 'Set PBXKIT_DB_PASSWORD, or name a file whose first line is the password with --db-password-file (mode 0600).'

/**
 * The password for a server: of the file, else of PBXKIT_DB_PASSWORD, else of the URL where that is private.
 * @throws UsageError for a password in a URL that others can see; ConfigError for a file that cannot be read
 */
export function choosePassword(inUrl: string | undefined, urlSource: UrlSource, { passwordFile, env }: PasswordSources): string {
  if (inUrl !== undefined && urlSource === 'argv') {
    throw new UsageError('The URL of the database has a password, and every user of this machine can see command lines', { hint })
  }
  if (passwordFile !== undefined) return readPasswordFile(passwordFile)
  return env.PBXKIT_DB_PASSWORD ?? inUrl ?? ''
}

/** Its first line, without the line end. */
function readPasswordFile(file: string): string {
  const content = Buffer.alloc(maxPasswordBytes)
  let length = 0
  try {
    const fd = fs.openSync(file, 'r')
    try {
      length = fs.readSync(fd, content, 0, maxPasswordBytes, null)
    } finally {
      fs.closeSync(fd)
    }
  } catch (cause) {
    throw new ConfigError(`Cannot read the database's password from ${file}: ${(cause as Error).message}`, { cause, hint })
  }
  const password = content.toString('utf8', 0, length).split(/\r?\n/, 1)[0]!
  if (password === '') throw new ConfigError(`The password file ${file} has an empty first line`, { hint })
  return password
}
