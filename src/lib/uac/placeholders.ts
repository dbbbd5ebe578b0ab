import { DataError } from '../errors.js'

/** One row of values, by the names of their columns. */
export type Fields = ReadonlyMap<string, string>

const placeholder = /\{\{\s*([^{}\s]+)\s*\}\}/g

/** Has a text places for values? */
export function hasPlaceholders(text: string): boolean {
  return text.search(placeholder) >= 0
}

/**
 * Puts values in the place of `{{name}}`. A value is text: what looks like a placeholder in it stays as it is.
 * @param lines may a value have line ends? In a header they would begin another one
 * @throws DataError for a name that the row has not, and for a line end or NUL where none may be
 */
export function fillPlaceholders(text: string, fields: Fields, { lines = false } = {}): string {
  return text.replace(placeholder, (_, name: string) => {
    const value = fields.get(name)
    if (value === undefined) {
      throw new DataError(`there is no column "${name}"`, { hint: `There is ${[...fields.keys()].join(', ')}.` })
    }
    if (!lines && /[\r\n\0]/.test(value)) throw new DataError(`the value of "${name}" has a line end, or NUL`)
    return value
  })
}
