import { quote, type SipFault, SipSyntaxError } from './fault.js'
import { endOfQuoted, endOfToken, skipBlanks, unquote } from './lexical.js'
import { maxValues } from './limits.js'

/** `;name` or `;name=value`. The value is as on the wire: a quoted string has its quotes. */
export interface Parameter {
  readonly name: string
  readonly value: string | undefined
}

/** The parameters of a header's value in their order. Names are found without regard to case. */
export class Parameters {
  static readonly none = new Parameters([])
  readonly list: readonly Parameter[]

  constructor(list: readonly Parameter[]) {
    this.list = list
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined
  }

  /** The value without quotes and escapes; '' for a parameter without one, undefined without the parameter. */
  get(name: string): string | undefined {
    const found = this.#find(name)
    return found && unquote(found.value ?? '')
  }

  /** Replaces the value of a parameter where it stands, or adds it at the end. `undefined` writes the name alone. */
  with(name: string, value: string | undefined): Parameters {
    const at = this.list.findIndex((one) => sameName(one.name, name))
    if (at < 0) return new Parameters([...this.list, { name, value }])
    return new Parameters(this.list.with(at, { name: this.list[at]!.name, value }))
  }

  without(name: string): Parameters {
    return new Parameters(this.list.filter((one) => !sameName(one.name, name)))
  }

  toString(): string {
    let text = ''
    for (const { name, value } of this.list) text += value === undefined ? `;${name}` : `;${name}=${value}`
    return text
  }

  #find(name: string): Parameter | undefined {
    for (const one of this.list) if (sameName(one.name, name)) return one
    return undefined
  }
}

function sameName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase())
}

/**
 * Reads `;name=value;…` from a position to the end of the text. Blanks may stand around every sign.
 * @throws SipSyntaxError for anything else, for a name that occurs twice (RFC 3261 7.3.1), and for too many
 */
export function parseParameters(text: string, from: number, fault: SipFault = 'parameter'): Parameters {
  let at = skipBlanks(text, from)
  if (at >= text.length) return Parameters.none
  const list: Parameter[] = []
  while (at < text.length) {
    if (text.charCodeAt(at) !== 0x3b) throw new SipSyntaxError(fault, `expected ";" in ${quote(text.slice(from))}`)
    const nameStart = skipBlanks(text, at + 1)
    const nameEnd = endOfToken(text, nameStart)
    if (nameEnd === nameStart) throw new SipSyntaxError(fault, `a parameter without a name in ${quote(text.slice(from))}`)
    const found = text.slice(nameStart, nameEnd)
    at = skipBlanks(text, nameEnd)
    let value: string | undefined
    if (at < text.length && text.charCodeAt(at) === 0x3d) {
      const start = skipBlanks(text, at + 1)
      const end = endOfValue(text, start, fault)
      value = text.slice(start, end)
      at = skipBlanks(text, end)
    }
    for (const one of list) if (sameName(one.name, found)) throw new SipSyntaxError(fault, `the parameter ${quote(found)} twice`)
    // The check for doubles looks at every pair: this bound keeps it cheap.
    if (list.length >= maxValues) throw new SipSyntaxError(fault, `more than ${maxValues} parameters`)
    list.push({ name: found, value })
  }
  return new Parameters(list)
}

function endOfValue(text: string, start: number, fault: SipFault): number {
  if (text.charCodeAt(start) === 0x22) return endOfQuoted(text, start, fault)
  let at = endOfToken(text, start)
  // `gen-value` is a token, a host or a quoted string; a host may be an IPv6 address, with or without brackets (RFC 3261 25.1, `via-received`).
  while (at < text.length && isHostSign(text.charCodeAt(at))) at = endOfToken(text, at + 1)
  if (at === start) throw new SipSyntaxError(fault, `a parameter without the value it announces: ${quote(text.slice(start))}`)
  return at
}

/** `:` `[` `]` */
function isHostSign(code: number): boolean {
  return code === 0x3a || code === 0x5b || code === 0x5d
}
