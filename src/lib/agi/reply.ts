/** What Asterisk says to an application; `bytes` is always what came, with its line ends. */
export type AgiMessage = AgiReply | AgiHangup | AgiProvisional | AgiOther

/** The answer to one command. */
export interface AgiReply {
  readonly kind: 'reply'
  readonly bytes: Buffer
  /** 200, 510 (unknown command), 511 (not on a dead channel), 520 (wrong arguments). */
  readonly code: number
  /** Of `result=`, as text: a number mostly; the digits of GET DATA may be empty or have `#` in them. */
  readonly result: string | undefined
  /** What is in the parentheses: a variable's value, or `timeout`, `hangup`, `dtmf`, `speech`, ... */
  readonly value: string | undefined
  /** `endpos=` and what else stands behind the result, as in `endpos=7360`. */
  readonly attributes: Readonly<Record<string, string>>
  /** What follows the code; of a `520-` block its first line. */
  readonly text: string
  /** The lines inside of a `520-` block. */
  readonly usage: readonly string[]
}

/** The line `HANGUP`: the channel was hung up, or the session ends. It answers nothing. */
export interface AgiHangup {
  readonly kind: 'hangup'
  readonly bytes: Buffer
}

/** `100 result=0 Trying...`: another answer follows (older versions say so for GOSUB). */
export interface AgiProvisional {
  readonly kind: 'provisional'
  readonly bytes: Buffer
}

/** A line that is none of these; it is passed on and answers nothing. */
export interface AgiOther {
  readonly kind: 'other'
  readonly bytes: Buffer
}

/** What stands behind `200 result=`, as far as it can be told. `isOpen`: a value with an LF in it, of which more is to come. */
export interface ResultText {
  result: string | undefined
  value: string | undefined
  attributes: Record<string, string>
  isOpen: boolean
}

/**
 * Reads `result=1 (a (b) c)` and the like. A value reaches to the last parenthesis when that ends the text (GET VARIABLE), else to the first that has
 * ` name=` behind it (RECORD FILE, SPEECH RECOGNIZE).
 */
export function readResult(text: string): ResultText {
  const found = /^result=([^ (\n]*) ?/.exec(text)
  if (!found) return { result: undefined, value: undefined, attributes: {}, isOpen: false }
  const result = found[1]!
  const rest = text.slice(found[0].length)
  if (!rest.startsWith('(')) return { result, value: undefined, attributes: readAttributes(rest), isOpen: false }
  if (rest.endsWith(')')) return { result, value: rest.slice(1, -1), attributes: {}, isOpen: false }
  const end = valueEnd.exec(rest)
  if (!end) return { result, value: rest.slice(1), attributes: {}, isOpen: true }
  return { result, value: rest.slice(1, end.index), attributes: readAttributes(rest.slice(end.index + 2)), isOpen: false }
}

const valueEnd = /\) (?=[a-z]+[0-9]*=)/

/** Does a value that has begun on an earlier line end on this one? */
export function endsValue(line: string): boolean {
  return line.endsWith(')') || valueEnd.test(line)
}

/** `endpos=1 results=1 score0=900 text0="call bob"`: blanks may stand in quotes. */
function readAttributes(text: string): Record<string, string> {
  if (!text.includes('=')) return {}
  const attributes: [string, string][] = []
  for (const [, name, quoted, plain] of text.matchAll(/([a-z]+[0-9]*)=(?:"([^"]*)"|([^ ]*))/g)) {
    attributes.push([name!, quoted ?? plain ?? ''])
  }
  return Object.fromEntries(attributes)
}
