import { PbxkitError } from '../../errors.js'
import { quote } from '../../sip/fault.js'

/** Kamailio's widest column has 255 characters; this leaves room for a list of proxies and a few headers. */
const maxFieldLength = 4096

/** Unicode's `Cc`. */
const control = /[\x00-\x1f\x7f-\x9f]/

/** Seconds of a header are 32 bits (RFC 3261 25.1, `delta-seconds`). */
export const maxSeconds = 2 ** 32 - 1

/** Reads the values of one row, and notes everything that is wrong with them. */
export class AccountFields {
  readonly faults: string[]
  readonly #values: ReadonlyMap<string, string>
  /** Columns whose values nobody may read. */
  #refused: Set<string> | undefined

  constructor(values: ReadonlyMap<string, string>, faults: readonly string[]) {
    this.#values = values
    this.faults = [...faults]
    for (const [column, value] of values) {
      // A CR or LF would end the line of a header: no value may have one, whatever it is for.
      if (control.test(value)) this.#refuse(column, /[\r\n]/.test(value) ? 'a line end' : 'a control character')
      if (value.length > maxFieldLength) this.#refuse(column, `more than ${maxFieldLength} characters`)
    }
  }

  fault(column: string, what: string): undefined {
    this.faults.push(`${column}: ${what}`)
    return undefined
  }

  #refuse(column: string, what: string): void {
    this.#refused ??= new Set()
    this.#refused.add(column)
    this.fault(column, what)
  }

  /** Text without blanks around it; undefined when it is empty or missing, or has been refused. */
  text(column: string): string | undefined {
    return this.verbatim(column)?.trim() || undefined
  }

  /** A secret may begin or end with a blank. */
  verbatim(column: string): string | undefined {
    const value = this.#values.get(column)
    return value === undefined || value === '' || this.#refused?.has(column) ? undefined : value
  }

  required(column: string): string | undefined {
    if ((this.#values.get(column) ?? '').trim() === '') return this.fault(column, 'is missing')
    return this.text(column)
  }

  integer(column: string, min: number, max: number): number | undefined {
    const text = this.text(column)
    if (text === undefined) return undefined
    const number = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (number >= min && number <= max) return number
    return this.fault(column, `${quote(text)} is not a whole number from ${min} to ${max}`)
  }

  /** A decimal number. @param places digits behind the point */
  decimal(column: string, min: number, max: number, places: number): number | undefined {
    const text = this.text(column)
    if (text === undefined) return undefined
    const number = new RegExp(`^(\\d{1,3}(\\.\\d{0,${places}}0*)?|\\.\\d{1,${places}}0*)$`).test(text) ? Number(text) : Number.NaN
    if (number >= min && number <= max) return number
    return this.fault(column, `${quote(text)} is not a number from ${min} to ${max} with at most ${places} decimals`)
  }

  flag(column: string): boolean | undefined {
    const text = this.text(column)
    if (text === undefined) return undefined
    if (/^(1|yes|true|on)$/i.test(text)) return true
    if (/^(0|no|false|off)$/i.test(text)) return false
    return this.fault(column, `${quote(text)} is neither 1 nor 0`)
  }

  word<T extends string>(column: string, words: readonly T[]): T | undefined {
    const text = this.text(column)
    if (text === undefined) return undefined
    const found = words.find((one) => one.toLowerCase() === text.toLowerCase())
    return found ?? this.fault(column, `${quote(text)} is none of ${words.join(', ')}`)
  }

  /** The items of a list with commas. */
  list(column: string): string[] {
    const text = this.text(column)
    if (text === undefined) return []
    const items = text.split(',').map((one) => one.trim())
    if (items.includes('')) this.fault(column, 'the list has an empty place')
    return items.filter((one) => one !== '')
  }

  /** What a reader of a wire format makes of a value; what it throws is a fault of the column. */
  read<T>(column: string, text: string | undefined, reader: (text: string) => T): T | undefined {
    if (text === undefined) return undefined
    try {
      return reader(text)
    } catch (error) {
      if (!(error instanceof PbxkitError)) throw error
      return this.fault(column, error.message)
    }
  }
}
