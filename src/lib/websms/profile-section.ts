import fs from 'node:fs'
import path from 'node:path'
import type { DocumentSection } from '../asterisk-config/document.js'
import { ConfigError } from '../errors.js'
import { suggestion } from '../nearest.js'

/** The settings of one section: each is asked for by its name, and what nobody asked for does not exist. */
export class ProfileSection {
  readonly #section: DocumentSection
  readonly #file: string
  readonly #asked = new Set<string>()

  constructor(section: DocumentSection, file: string) {
    this.#section = section
    this.#file = file
  }

  /** `FILE:LINE: NAME`, for messages. Values are never in one: they may be secrets. */
  where(name?: string): string {
    const line = this.#section.settings.find((one) => one.name === name)?.line ?? this.#section.line
    return `${this.#file}:${line}${name === undefined ? '' : `: ${name}`}`
  }

  fail(name: string | undefined, why: string, hint?: string): ConfigError {
    return new ConfigError(`${this.where(name)} ${why}`, hint === undefined ? {} : { hint })
  }

  /** @throws ConfigError when it is given twice */
  text(name: string): string | undefined {
    const [value, second] = this.all(name)
    if (second !== undefined) throw this.fail(name, 'is given twice')
    return value
  }

  /** A setting that may be repeated. */
  all(name: string): string[] {
    this.#asked.add(name)
    return this.#section.settings.filter((one) => one.name === name && one.value !== '').map(({ value }) => value)
  }

  word<const T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.text(name)?.toLowerCase()
    const word = words.find((one) => one.toLowerCase() === value)
    if (value !== undefined && word === undefined) throw this.fail(name, `is none of ${words.join(', ')}`)
    return word
  }

  isYes(name: string): boolean {
    return this.word(name, ['yes', 'no']) === 'yes'
  }

  integer(name: string, minimum: number, maximum: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= minimum && value <= maximum)) throw this.fail(name, `is no whole number from ${minimum} to ${maximum}`)
    return value
  }

  /** Elements with commas or blanks between them. */
  list(name: string): string[] {
    return this.all(name)
      .flatMap((text) => text.split(/[, ]+/))
      .filter((text) => text !== '')
  }

  absolute(name: string): string | undefined {
    const text = this.text(name)
    if (text !== undefined && !path.isAbsolute(text)) throw this.fail(name, 'is no absolute path')
    return text
  }

  /** `NAME`, or the first line of the file `NAME_file`, whose path is relative to that of the profiles. */
  secret(name: string): string | undefined {
    const [direct, file] = [this.text(name), this.text(`${name}_file`)]
    if (direct !== undefined && file !== undefined) throw this.fail(name, `and ${name}_file exclude each other`)
    if (file === undefined) return direct
    const at = path.resolve(path.dirname(this.#file), file)
    const [secret = ''] = readPrivate(at).split(/\r?\n/, 1)
    if (secret === '') throw this.fail(`${name}_file`, 'has an empty first line')
    return secret
  }

  /** To be called last. */
  refuseUnknown(): void {
    const unknown = this.#section.settings.find(({ name }) => !this.#asked.has(name))
    if (!unknown) return
    const names = [...this.#asked].sort()
    throw new ConfigError(`${this.#file}:${unknown.line}: there is no ${unknown.name} in [${this.#section.name}]`, {
      hint: suggestion(unknown.name, names) ?? `There are ${names.join(', ')}.`
    })
  }
}

/** Some providers, each with a dozen lines. */
const maxFileBytes = 256 * 1024

/** Reads a file with secrets. @throws ConfigError also when others than its owner may read it */
export function readPrivate(file: string): string {
  try {
    const stat = fs.statSync(file)
    if (stat.size > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes} bytes`)
    if (stat.isFile() && (stat.mode & 0o077) !== 0)
      throw new ConfigError(
        `${file} has secrets, and others may read it (mode ${(stat.mode & 0o777).toString(8).padStart(4, '0')})`,
        {
          hint: `Run: chmod 600 ${file}`
        }
      )
    return fs.readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(`Cannot read ${file}: ${(cause as Error).message}`, {
      cause,
      hint: 'It has to be a file of the user that Asterisk runs as.'
    })
  }
}
