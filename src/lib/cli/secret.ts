import fs from 'node:fs'
import { ConfigError } from '../errors.js'

/** Secrets are short; a device or a mistaken large file is not read to its end. */
const maxSecretBytes = 64 * 1024

/**
 * Reads a secret from a file: its first line, without the line end. `-` is stdin.
 * @param warn told when others than the owner may read the file
 * @throws ConfigError
 */
export function readSecretFile(file: string, warn: (message: string) => void): string {
  let content: Buffer
  try {
    if (file === '-') {
      content = fs.readFileSync(0)
    } else {
      warnWhenReadableByOthers(file, warn)
      const fd = fs.openSync(file, 'r')
      try {
        content = Buffer.alloc(maxSecretBytes)
        content = content.subarray(0, fs.readSync(fd, content, 0, maxSecretBytes, null))
      } finally {
        fs.closeSync(fd)
      }
    }
  } catch (cause) {
    throw new ConfigError(`Cannot read the secret from ${file}: ${(cause as Error).message}`, {
      cause,
      hint: 'Name a file whose first line is the secret with --secret-file (mode 0600), or set PBXKIT_SECRET.'
    })
  }
  const secret = content.toString('utf8').split(/\r?\n/, 1)[0]!
  if (secret === '')
    throw new ConfigError(`The secret file ${file} has an empty first line`, { hint: 'Write the secret as its first line.' })
  return secret
}

/** A file with a secret is for its owner (mode 0600); anything wider deserves a word. */
export function warnWhenReadableByOthers(file: string, warn: (message: string) => void): void {
  const stat = fs.statSync(file)
  if (stat.isFile() && (stat.mode & 0o077) !== 0) {
    warn(
      `${file} holds a secret and is readable by others (mode ${(stat.mode & 0o777).toString(8).padStart(4, '0')}); run: chmod 600 ${file}`
    )
  }
}
