import fs from 'node:fs'
import path from 'node:path'
import { DataError, IoError, PbxkitError } from '../errors.js'
import type { RegistrationSecret } from '../registrations/account.js'
import { SecretStore } from '../registrations/accounts/account-secret.js'
import { type Fields, fillPlaceholders, hasPlaceholders } from '../uac/placeholders.js'
import { warnWhenReadableByOthers } from './secret.js'
import { refuseLineEnds, type SipFlags } from './sip-command.js'
import type { SendFlags, SendInputs } from './sip-request-source.js'

type Flags = SendFlags & SipFlags

/** A row of --csv. */
export interface CsvRow {
  line: number
  fields: Fields
}

/** 100,000 rows of a few values; a device or a mistaken large file is not read to its end. */
const maxCsvBytes = 64 * 1024 * 1024

/**
 * Reads the rows of --csv: names of columns in the first line; commas, semicolons or tabs.
 * @param warn told when others than the owner may read passwords in it
 * @throws IoError, DataError with the line, and no value of it: it could be a password
 */
export async function readCsv(file: string, warn: (message: string) => void): Promise<CsvRow[]> {
  const text = readText(file).replace(/^\ufeff/, '')
  const header = text.slice(0, text.search(/[\r\n]|$/))
  const delimiter = [',', ';', '\t'].find((one) => header.includes(one)) ?? ','
  const { parse } = await import('csv-parse/sync')
  let rows: { record: string[]; info: { lines: number } }[]
  try {
    rows = parse(text, { delimiter, info: true, relax_column_count: true, skip_empty_lines: true }) as never
  } catch (cause) {
    throw new DataError(
      `${file}:${(cause as { lines?: number }).lines ?? 0}: this is not CSV (a quote is where none may be, or missing)`
    )
  }
  const [first, ...rest] = rows
  const names = first?.record.map((name) => name.trim()) ?? []
  if (rest.length === 0) throw new DataError(`${file} has no rows below the names of the columns`)
  const double = names.find((name, at) => names.indexOf(name) < at)
  if (double !== undefined) throw new DataError(`${file}:1: the column "${double}" twice`)
  if (file !== '-' && names.includes('auth_password')) warnWhenReadableByOthers(file, warn)
  return rest.map(({ record, info }) => {
    if (record.length !== names.length) {
      throw new DataError(`${file}:${info.lines}: ${record.length} values, where there are ${names.length} columns`)
    }
    return { line: info.lines, fields: new Map(names.map((name, at) => [name, record[at]!])) }
  })
}

function readText(file: string): string {
  try {
    if (file !== '-' && fs.statSync(file).size > maxCsvBytes) throw new Error(`it has more than ${maxCsvBytes} bytes`)
    return fs.readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new IoError(`Cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
}

/** What is sent, with the values of one row in it. */
export interface FilledRequest {
  method: string
  uri: string
  flags: Flags
  inputs: SendInputs
  /** The row's own, of its column `auth_password`. */
  secret: RegistrationSecret | undefined
}

/** Files and numbers are read before there is a row; what is shown and how often is not of one request. */
const fixed = new Set([
  'csv',
  'body-file',
  'header-file',
  'raw',
  'auth-password-file',
  'auth-ha1-file',
  'credentials',
  'on-reply',
  'config',
  'profile'
])

/** Puts rows into what the command line says. */
export class RequestTemplate {
  readonly #given: Omit<FilledRequest, 'secret'>
  readonly #file: string
  readonly #secrets: SecretStore

  constructor(given: Omit<FilledRequest, 'secret'>, file: string, warn: (message: string) => void) {
    this.#given = given
    this.#file = file
    const folder = file === '-' ? process.cwd() : path.dirname(path.resolve(file))
    this.#secrets = new SecretStore({ env: process.env, folder, warn })
  }

  /** @throws DataError that names the row and the flag; whatever `check` throws becomes one */
  fill<T>({ line, fields }: CsvRow, check: (request: FilledRequest) => T): T {
    try {
      return check(this.#fill(fields))
    } catch (cause) {
      if (!(cause instanceof PbxkitError)) throw cause
      throw new DataError(`${this.#file}:${line}: ${cause.message}`, { cause, ...(cause.hint && { hint: cause.hint }) })
    }
  }

  #fill(fields: Fields): FilledRequest {
    const { method, uri, flags, inputs } = this.#given
    const entries = Object.entries(flags).map(([name, value]) => [name, fixed.has(name) ? value : filled(name, value, fields)])
    const password = fields.get('auth_password')
    const { body, headers } = inputs
    const bodyText = body?.toString('utf8')
    const request = {
      method: filled('the method', method, fields) as string,
      uri: filled('the URI', uri, fields) as string,
      flags: Object.fromEntries(entries) as Flags,
      inputs: {
        body:
          bodyText !== undefined && hasPlaceholders(bodyText)
            ? Buffer.from(fillPlaceholders(bodyText, fields, { lines: true }))
            : body,
        headers: headers === undefined ? undefined : (filled('--header-file', headers, fields) as string)
      },
      secret: password ? ({ kind: 'password', password: this.#secrets.resolve(password) } as const) : undefined
    }
    refuseLineEnds({ method: request.method, uri: request.uri })
    return request
  }
}

function filled(name: string, value: unknown, fields: Fields): unknown {
  if (Array.isArray(value)) return value.map((one) => filled(name, one, fields))
  if (typeof value !== 'string') return value
  try {
    return fillPlaceholders(value, fields, { lines: name === 'body' })
  } catch (cause) {
    if (!(cause instanceof DataError)) throw cause
    const flag = /^(the |--)/.test(name) ? name : `--${name}`
    throw new DataError(`${flag}: ${cause.message}`, { cause, ...(cause.hint && { hint: cause.hint }) })
  }
}
