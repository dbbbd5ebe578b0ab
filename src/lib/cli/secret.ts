import fs from 'node:fs'
import { ConfigError } from '../errors.js'

/** Secrets are short; a device or a mistaken large file is not read to its end. */
const maxSecretBytes = 64 * 1024

/**
 * Reads a secret from a file: its first line, without the line end. `-` is stdin.
 * @param warn told when others than the owner may read the file
 * @param names the flag that named the file, and the variable that would do as well
 * @throws ConfigError
 */
export function readSecretFile(
  file: string,
  warn: (message: string) => void,
  names = { flag: '--secret-file', variable: 'PBXKIT_SECRET' }
): string {
  let content: Buffer
  try {
    if (file === '-') {
      content = readBounded(0)
    } else {
      warnWhenReadableByOthers(file, warn)
      const fd = fs.openSync(file, 'r')
      try {
        content = readBounded(fd)
      } finally {
        fs.closeSync(fd)
      }
    }
  } catch (cause) {
    throw new ConfigError(`Cannot read the secret from ${file}: ${(cause as Error).message}`, {
      cause,
      hint: `Name a file whose first line is the secret with ${names.flag} (mode 0600), or set ${names.variable}.`
    })
  }
  const secret = content.toString('utf8').split(/\r?\n/, 1)[0]!
  if (secret === '')
    throw new ConfigError(`The secret file ${file} has an empty first line`, { hint: 'Write the secret as its first line.' })
  return secret
}

/** Up to the first line's end, the end of the file, or the bound. */
function readBounded(fd: number): Buffer {
  const content = Buffer.alloc(maxSecretBytes)
  let length = 0
  for (;;) {
    const read = fs.readSync(fd, content, length, maxSecretBytes - length, null)
    length += read
    if (read === 0 || length === maxSecretBytes || content.subarray(0, length).includes(0x0a)) return content.subarray(0, length)
  }
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
