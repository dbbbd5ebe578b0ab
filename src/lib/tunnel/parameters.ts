import { DataError, ProtocolError } from '../errors.js'

/** Names and values that go with a message. What the other end does not know it ignores, so that either may learn new ones first. */
export type Parameters = Readonly<Record<string, string>>

const namePattern = /^[a-z][a-z0-9-]{0,31}$/
/** Four times what is defined. */
const maxParameters = 32
const controlCharacters = /\p{Cc}/u

/** ` name=value …`, percent-encoded UTF-8, each with a blank before it. @throws DataError for what cannot be sent */
export function formatParameters(parameters: Parameters): string {
  let text = ''
  for (const name in parameters) {
    const value = parameters[name]!
    if (!isName(name)) throw new DataError(`${JSON.stringify(name)} cannot be sent`)
    text += ` ${name}=${plainValue.test(value) ? value : encode(name, value)}`
  }
  return text
}

/** Names that were sent before: they are the program's own, a dozen. */
const sentNames = new Set<string>()

function isName(name: string): boolean {
  if (sentNames.has(name)) return true
  if (!namePattern.test(name)) return false
  sentNames.add(name)
  return true
}

/** What is written as it is. */
const plainValue = /^[\w.-]*$/
const ascii = /^[ -~]*$/

function encode(name: string, value: string): string {
  if (ascii.test(value)) return encodeURIComponent(value)
  if (controlCharacters.test(value)) throw new DataError(`${JSON.stringify(name)} cannot be sent`)
  // Half a character of UTF-16 has no UTF-8.
  return encodeURIComponent(Buffer.from(value).toString())
}

/** @param words as they stood between blanks @throws ProtocolError */
export function parseParameters(words: readonly string[]): Parameters {
  if (words.length > maxParameters) throw new ProtocolError(`There are more than ${maxParameters} parameters`)
  // Without a prototype: `constructor` is a name like any other.
  const parameters: Record<string, string> = Object.create(null)
  for (const word of words) {
    const at = word.indexOf('=')
    const name = word.slice(0, Math.max(at, 0))
    if (!namePattern.test(name) || parameters[name] !== undefined)
      throw new ProtocolError('A parameter has no name, a wrong one, or one that was there')
    parameters[name] = decode(word.slice(at + 1))
  }
  return parameters
}

function decode(text: string): string {
  if (plainValue.test(text)) return text
  let value: string
  try {
    value = decodeURIComponent(text)
  } catch (cause) {
    throw new ProtocolError('A parameter is not percent-encoded UTF-8', { cause })
  }
  if (controlCharacters.test(value)) throw new ProtocolError('A parameter has a control character in it')
  return value
}
