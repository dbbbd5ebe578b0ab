import { DataError } from '../../errors.js'
import { quote } from '../../sip/fault.js'
import { headerKey } from '../../sip/header-names.js'
import { isToken, tokenChars } from '../../sip/lexical.js'

/** Made by the registration itself: one of a row would stand beside ours, or take its place. */
const ours = new Set([
  ...['via', 'from', 'to', 'call-id', 'cseq', 'contact', 'expires', 'max-forwards', 'route', 'content-length', 'content-type'],
  ...['authorization', 'proxy-authorization', 'supported', 'user-agent']
])

/** A REGISTER over UDP has to fit into 1300 bytes. */
const maxHeaders = 16

const separator = new RegExp(`\\s*\\|\\s*(?=[${tokenChars}]+\\s*:)`)

/**
 * `Name: value`, several with `|` between them, or a JSON object of names and values.
 * @throws DataError
 */
export function readExtraHeaders(text: string): { name: string; value: string }[] {
  const headers = text.startsWith('{') ? ofJson(text) : text.split(separator).map(ofLine)
  if (headers.length > maxHeaders) throw new DataError(`more than ${maxHeaders} headers`)
  for (const { name, value } of headers) {
    if (!isToken(name)) throw new DataError(`${quote(name)} is no name of a header`)
    if (ours.has(headerKey(name))) throw new DataError(`${name} is made by the registration`)
    if (/\p{Cc}/u.test(value)) throw new DataError(`the value of ${name} has a control character`)
  }
  return headers
}

function ofLine(line: string): { name: string; value: string } {
  const colon = line.indexOf(':')
  if (colon < 1) throw new DataError(`${quote(line)} is not "Name: value"`)
  return { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }
}

function ofJson(text: string): { name: string; value: string }[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new DataError('begins like JSON and is none', { cause })
  }
  return Object.entries(parsed as Record<string, unknown>).map(([name, value]) => {
    if (typeof value !== 'string') throw new DataError(`the value of ${quote(name)} is no text`)
    return { name, value: value.trim() }
  })
}
