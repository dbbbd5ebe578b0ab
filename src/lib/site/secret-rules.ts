import fs from 'node:fs'
import path from 'node:path'
import { Fault, type Rule } from './rule.js'
import type { SiteSource } from './site.js'

/** Guessing over the network goes on for years; shorter ones fall (NIST SP 800-63B asks for 15 without a second factor, the spec for 12). */
const minSecretLength = 12
/** Longer than any phone takes. */
const maxSecretBytes = 128
/** Secrets are short; a device or a mistaken large file is not read to its end. */
const maxFileBytes = 64 * 1024

/** Of a user: chosen here, so that it can do without signs that mean something in a file. */
export const userSecret: Rule<string> = (text) => {
  if (text.length < minSecretLength) return new Fault(`has fewer than ${minSecretLength} characters`)
  if (!/^[\x21-\x7e]+$/.test(text)) return new Fault('has a blank or a character that is not ASCII')
  if (/;|\$[{[]|^>/.test(text)) return new Fault('has a ; or ${ or $[, or begins with >')
  if (Buffer.byteLength(text) > maxSecretBytes) return new Fault(`has more than ${maxSecretBytes} bytes`)
  return hasFewCharacters(text) ? new Fault('has only a few different characters') : text
}

/** Fewer than four different ones. */
function hasFewCharacters(text: string): boolean {
  const seen: string[] = []
  for (const char of text) if (!seen.includes(char) && seen.push(char) === 4) return false
  return true
}

/** Of a trunk: the provider has chosen it. What an Asterisk file can hold is taken, `;` and a leading `>` included, because they can be written safely. */
export const trunkSecret: Rule<string> = (text) =>
  Buffer.byteLength(text) > maxSecretBytes ? new Fault(`has more than ${maxSecretBytes} bytes`) : text

/** A secret that anybody would try first, or that once more and again. Shorter words cannot make one that is long enough, but by many repetitions. */
export function isGuessable(secret: string, { name, number }: { name: string; number: string | undefined }): boolean {
  const known = ['password', 'passwort', 'asterisk', name, ...(number === undefined ? [] : [number, number.slice(1)])]
  const lower = secret.toLowerCase()
  return known.some((word) => word.length > 3 && lower.replaceAll(word, '') === '')
}

/**
 * The first line of a secret's file. A relative path begins at the file that names it.
 * @returns a fault that says why there is none
 */
export function readSecretOf(file: string, source: SiteSource): string | Fault {
  const whole = secretPath(file, source)
  if (whole === undefined) return new Fault('is no absolute path')
  try {
    if (!fs.statSync(whole).isFile()) return new Fault('is no file')
    const fd = fs.openSync(whole, 'r')
    try {
      const content = Buffer.alloc(maxFileBytes)
      const length = fs.readSync(fd, content, 0, maxFileBytes, 0)
      const line = content.subarray(0, length).toString('utf8').split(/\r?\n/, 1)[0]!
      return line === '' ? new Fault('has an empty first line') : line
    } finally {
      fs.closeSync(fd)
    }
  } catch (error) {
    return new Fault(`cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`)
  }
}

/** Undefined for a relative path where there is no file that it could be relative to. */
export function secretPath(file: string, source: SiteSource): string | undefined {
  const isFile = source.file !== '-' && !/^[a-z]+:/.test(source.file)
  return path.isAbsolute(file) || isFile ? path.resolve(path.dirname(source.file), file) : undefined
}
