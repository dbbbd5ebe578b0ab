import { DataError } from '../errors.js'

/** What may be bound. Dates, arrays and objects are not: each driver has its own idea of their text. */
export type SqlParameter = string | number | bigint | boolean | null | Uint8Array

/**
 * What columns give, the same for every engine: whole numbers as number where it can hold them exactly, else as bigint;
 * DECIMAL, dates, times and JSON as the text that the database writes; bytes as Buffer. BOOLEAN is boolean on PostgreSQL and 0
 * or 1 elsewhere.
 */
export type SqlValue = string | number | bigint | boolean | null | Buffer

/**
 * Checks what is to be bound, so that no engine changes a value without a word: libsql cuts text at a NUL when it is read back
 * and PostgreSQL refuses it; half of a surrogate pair is no UTF-8; NaN becomes NULL.
 * @throws DataError with the parameter's place, never with its value: it may be a secret
 */
export function checkParameters(parameters: readonly unknown[]): SqlParameter[] {
  return parameters.map((value, index) => {
    const problem = problemOf(value)
    if (problem) {
      throw new DataError(`A value for the database ${problem}`, {
        details: { parameter: index + 1 },
        hint: 'Text without NUL, finite numbers, true, false, null and bytes can be stored.'
      })
    }
    return value as SqlParameter
  })
}

function problemOf(value: unknown): string | undefined {
  if (value === null || typeof value === 'boolean' || value instanceof Uint8Array) return undefined
  if (typeof value === 'string') {
    if (value.includes('\0')) return 'has a NUL character'
    return /[\ud800-\udfff]/u.test(value) ? 'is text that has no UTF-8 form' : undefined
  }
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'is not a finite number'
  if (typeof value === 'bigint') {
    // The widest column is MariaDB's BIGINT UNSIGNED.
    return value < -(2n ** 63n) || value >= 2n ** 64n ? 'is a number of more than 64 bits' : undefined
  }
  return value === undefined ? 'is undefined' : `is ${Array.isArray(value) ? 'an array' : `of type ${typeof value}`}`
}

/** Whole numbers as integers: drivers would send 5 as 5.0, which a TEXT column keeps so. */
export function isWhole(value: SqlParameter): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)
}

/** A number where it holds the integer exactly, else a bigint. @param value decimal digits, or a bigint */
export function exactInteger(value: string | bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : BigInt(value)
}
