import fs from 'node:fs'
import path from 'node:path'
import { DataError } from '../../errors.js'
import type { RegistrationSecret } from '../account.js'
import type { AccountFields } from './account-fields.js'

/** A secret is one short line; a device or a mistaken large file is not read to its end. */
const maxSecretBytes = 4096

const hexDigits = { MD5: 32, 'SHA-256': 64, 'SHA-512-256': 64 } as const
type Ha1Algorithm = keyof typeof hexDigits

export interface SecretSettings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** What paths are relative to. */
  readonly folder: string
  /** Told once of each file that others than its owner may read. */
  readonly warn: (message: string) => void
}

/** Values that stand elsewhere: `env:NAME` and `file:PATH`. A file is read once, however many accounts name it. */
export class SecretStore {
  readonly #settings: SecretSettings
  readonly #files = new Map<string, string | DataError>()

  constructor(settings: SecretSettings) {
    this.#settings = settings
  }

  /** The value itself, or what it points to. @throws DataError, which never has a secret in its message */
  resolve(value: string): string {
    const name = /^env:(.*)$/s.exec(value)?.[1]
    if (name !== undefined) return this.#ofEnvironment(name)
    const file = /^file:(.*)$/s.exec(value)?.[1]
    return file === undefined ? value : this.#ofFile(file)
  }

  #ofEnvironment(name: string): string {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new DataError('what follows env: is no name of a variable')
    const value = this.#settings.env[name]
    if (value === undefined || value === '') throw new DataError(`the environment has no ${name}`)
    return checked(value, `the value of ${name}`)
  }

  #ofFile(name: string): string {
    if (name === '') throw new DataError('no path follows file:')
    const file = path.resolve(this.#settings.folder, name)
    let found = this.#files.get(file)
    if (found === undefined) {
      found = this.#read(file)
      this.#files.set(file, found)
    }
    if (typeof found !== 'string') throw found
    return found
  }

  #read(file: string): string | DataError {
    try {
      const stat = fs.statSync(file)
      // Opening a FIFO would wait for whoever writes into it.
      if (!stat.isFile()) return new DataError(`${file} is no file`)
      if (stat.size > maxSecretBytes) return new DataError(`${file} has more than ${maxSecretBytes} bytes, which no secret has`)
      if ((stat.mode & 0o077) !== 0)
        this.#settings.warn(`${file} holds a secret and is readable by others; run: chmod 600 ${file}`)
      const [secret = ''] = fs.readFileSync(file, 'utf8').split(/\r?\n/, 1)
      return secret === '' ? new DataError(`the first line of ${file} is empty`) : checked(secret, `the first line of ${file}`)
    } catch (cause) {
      if (cause instanceof DataError) return cause
      return new DataError(`cannot read ${file}: ${(cause as Error).message}`, { cause })
    }
  }
}

function checked(secret: string, where: string): string {
  if (/\p{Cc}/u.test(secret)) throw new DataError(`${where} has a control character`)
  return secret
}

/** `auth_ha1`, which wins, else `auth_password`. */
export function readSecret(fields: AccountFields, store: SecretStore): RegistrationSecret | undefined {
  const ha1 = fields.read('auth_ha1', fields.text('auth_ha1'), (text) => parseHa1(store.resolve(text)))
  if (ha1) return ha1
  const password = fields.read('auth_password', fields.verbatim('auth_password'), (text) => store.resolve(text))
  if (password !== undefined) return { kind: 'password', password }
  if (!fields.faults.some((fault) => /^auth_(ha1|password):/.test(fault)))
    fields.fault('auth_password', 'is missing, and so is auth_ha1')
  return undefined
}

/** `HEX`, whose length says the algorithm, or `ALGORITHM:HEX` (also with `=`, as --auth-ha1 has it). @throws DataError */
export function parseHa1(text: string): RegistrationSecret {
  const named = /^(MD5|SHA-256|SHA-512-256)[:=](.*)$/is.exec(text)
  const hex = (named?.[2] ?? text).toLowerCase()
  const algorithm = (named?.[1]?.toUpperCase() ?? (hex.length === 64 ? 'SHA-256' : 'MD5')) as Ha1Algorithm
  if (!/^[0-9a-f]*$/.test(hex)) throw new DataError('has other characters than hex digits')
  if (hex.length !== hexDigits[algorithm]) {
    const wanted = named ? `${algorithm} has ${hexDigits[algorithm]}` : 'MD5 has 32, SHA-256 has 64'
    throw new DataError(`has ${hex.length} hex digits; ${wanted}`)
  }
  return { kind: 'ha1', algorithm, ha1: hex }
}
