import { trim } from './lexical.js'

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

// Of each header: where it begins, where its name ends, from where to where its value goes, and one past its CRLF.
const marks = 5

/** Where the headers of a message stand. A message has a dozen of them, and hardly one is ever asked for: nothing is cut out before. */
export class HeaderTable {
  readonly head: string
  readonly #keys: string[] = []
  readonly #marks: number[] = []

  /** @param head the start line and all headers, as byte text */
  constructor(head: string) {
    this.head = head
  }

  get length(): number {
    return this.#keys.length
  }

  /** @param valueStart behind blanks, as `valueEnd` is before them */
  add(key: string, start: number, nameEnd: number, valueStart: number, valueEnd: number, end: number): void {
    this.#keys.push(key)
    this.#marks.push(start, nameEnd, valueStart, valueEnd, end)
  }

  /** The place of the first header of a name from a place on; -1 without one. */
  find(key: string, from = 0): number {
    return this.#keys.indexOf(key, from)
  }

  key(at: number): string {
    return this.#keys[at]!
  }

  name(at: number): string {
    return this.#cut(at, 0, 1)
  }

  value(at: number): string {
    const text = this.#cut(at, 2, 3)
    return text.includes('\r') ? trim(text.split('\r\n').map(trim).join(' ')) : text
  }

  header(at: number): SipHeader {
    return { name: this.name(at), key: this.key(at), value: this.value(at), raw: this.#cut(at, 0, 4) }
  }

  #cut(at: number, from: number, to: number): string {
    return this.head.slice(this.#marks[at * marks + from], this.#marks[at * marks + to])
  }
}
