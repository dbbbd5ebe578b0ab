/** A block as the proxy's JSON has it: header names as they are, repeated headers as arrays. Hostile: names and values are whatever a peer sent. */
export type Message = Readonly<Record<string, unknown>>

/** The first value of a header; undefined where there is none. Only own properties count: a header may be called `constructor`. */
export function first(message: Message, name: string): string | undefined {
  const value = Object.hasOwn(message, name) ? message[name] : undefined
  const one = Array.isArray(value) ? value[0] : value
  return typeof one === 'string' ? one : undefined
}

/** All headers in their order, repeated ones several times. What the proxy adds for bytes that are no text (`$base64`) is left out. */
export function headersOf(message: Message): [name: string, value: string][] {
  return Object.entries(message).flatMap(([name, value]): [string, string][] => {
    const values = Array.isArray(value) ? value : [value]
    return values.flatMap((one): [string, string][] => (typeof one === 'string' ? [[name, one]] : []))
  })
}

/** One message of the WebSocket; undefined for what is no object. */
export function parseMessage(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Message) : undefined
  } catch {
    return undefined
  }
}

/**
 * Controls, and what turns the direction of text or hides it: a name that reads as another is a trick that text nodes do not prevent.
 * As `\u{202e}`.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** A value as it may be shown: on one line, and all of it visible. */
export function shown(value: string, maxLength = 500): string {
  const text = value.length > maxLength ? `${value.slice(0, maxLength)}… (${value.length} characters)` : value
  return text.replace(invisible, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`)
}
