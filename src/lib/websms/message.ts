import { DataError } from '../errors.js'

/** A message of the mobile network. */
export interface TextMessage {
  /** E.164 with `+`, or a short code. */
  readonly to: string
  readonly from: string
  readonly body: string
}

/** 255 parts of 153 characters are what GSM can put together (3GPP TS 23.040, 9.2.3.24.1); Asterisk has 4096 bytes for a value. */
export const maxBodyBytes = 4_000

/** A number in one of the forms that providers write, `+46701234567`, `46701234567`, `0046701234567`, as E.164; a short code of three to six digits as it is. */
export function readNumber(text: string, what: string): string {
  const plain = text.trim().replace(/^00(?=[1-9])/, '+')
  if (/^\+?[1-9]\d{6,14}$/.test(plain)) return plain.startsWith('+') ? plain : `+${plain}`
  if (/^\d{3,6}$/.test(plain)) return plain
  throw new DataError(`${what} is no number: ${JSON.stringify(text.slice(0, 40))}`, { hint: 'Write +46701234567.' })
}

/** Who sends may have a name in the place of a number, of up to eleven letters and digits (3GPP TS 23.040, 9.1.2.5). */
export function readSender(text: string, mayBeName: boolean): string {
  return mayBeName && /^(?=.*[A-Za-z])[A-Za-z0-9._-]{1,11}$/.test(text) ? text : readNumber(text, 'The sender')
}

/** @throws DataError for a text that no message can have */
export function readBody(text: string): string {
  if (text === '') throw new DataError('The message has no text')
  if (Buffer.byteLength(text) > maxBodyBytes) throw new DataError(`The message has more than ${maxBodyBytes} bytes`)
  if (text.includes('\0') || /\p{Surrogate}/u.test(text) || text.includes('\ufffd'))
    throw new DataError('The message is no whole Unicode text')
  return text
}
