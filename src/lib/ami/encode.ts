import { UnsafeHeaderError } from '../errors.js'
import { maskedValues } from './secrets.js'

/** One field of an action: a header's name and value. A name may come several times (Variable). */
export type Field = readonly [name: string, value: string]

/**
 * Serialises headers as one block. Nothing is escaped, since AMI knows no escapes: what could end the line or the block is refused.
 * @throws UnsafeHeaderError for CR, LF or NUL in a name or value, and for a name that is blank or holds a colon
 */
export function encodeBlock(fields: Iterable<Field>): Buffer {
  let text = ''
  for (const [name, value] of fields) {
    assertSafe(name, value)
    text += `${name}: ${value}\r\n`
  }
  return Buffer.from(`${text}\r\n`, 'utf8')
}

/** @throws UnsafeHeaderError */
export function assertSafe(name: string, value: string): void {
  if (name.trim() === '' || /[:\r\n\0]/.test(name)) {
    throw new UnsafeHeaderError(`${JSON.stringify(name)} cannot be a header name`, {
      hint: 'A name is not empty and has no colon, CR, LF or NUL.'
    })
  }
  if (/[\r\n\0]/.test(value)) {
    // The message goes to logs: what would be masked there is not in it.
    const [shown] = maskedValues([{ name, value }])
    throw new UnsafeHeaderError(
      `The value of ${name} holds a line break or NUL, which would begin a new header: ${JSON.stringify(shown!.slice(0, 80))}`,
      {
        hint: 'AMI has no way to send such a value; repeat the header, or leave the line break out.'
      }
    )
  }
}
