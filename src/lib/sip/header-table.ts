import { isBlank, skipBlanks, trim } from './lexical.js'

/** One header as received. Everything is byte text: one character for each byte. */
export interface SipHeader {
  /** As spelt. */
  readonly name: string
  /** Long and in small letters. */
  readonly key: string
  /** Folds joined, blanks at both ends removed. */
  readonly value: string
  /** The whole line or lines, with the last CRLF. */
  readonly raw: string
}

/** Where the headers of a message begin. A message has a dozen of them, and hardly one is ever asked for: nothing is cut out before. */
export class HeaderTable {
  readonly head: string
  readonly #keys: string[] = []
  readonly #starts: number[] = []

  /** @param head the start line and all headers with their CRLFs, as byte text */
  constructor(head: string) {
    this.head = head
  }

  get length(): number {
    return this.#keys.length
  }

  /** The next header. It has a colon, and ends where the one after it begins. */
  add(key: string, start: number): void {
    this.#keys.push(key)
    this.#starts.push(start)
  }

  /** The place of the first header of a name from a place on; -1 without one. */
  find(key: string, from = 0): number {
    const keys = this.#keys
    for (let at = from; at < keys.length; at++) if (keys[at] === key) return at
    return -1
  }

  name(at: number): string {
    const start = this.#starts[at]!
    return trim(this.head.slice(start, this.head.indexOf(':', start)))
  }

  value(at: number): string {
    const { head } = this
    const start = skipBlanks(head, head.indexOf(':', this.#starts[at]!) + 1)
    let end = this.#end(at) - 2
    while (end > start && isBlank(head.charCodeAt(end - 1))) end--
    const text = head.slice(start, end)
    return text.includes('\r') ? trim(text.split('\r\n').map(trim).join(' ')) : text
  }

  header(at: number): SipHeader {
    const raw = this.head.slice(this.#starts[at]!, this.#end(at))
    return { name: this.name(at), key: this.#keys[at]!, value: this.value(at), raw }
  }

  #end(at: number): number {
    return this.#starts[at + 1] ?? this.head.length
  }
}
