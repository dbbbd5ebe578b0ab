import { findHeader } from '../../ami/block.js'
import { EventMask } from '../../ami/event-mask.js'
import type { EventFacts } from './event-facts.js'

const blockEnd = Buffer.from('\r\n\r\n')

/**
 * One event as the filters look at it: parsed once however many of them ask, and no further than they ask. Names are found without regard to
 * case, values are latin1: they are compared, never changed.
 */
export class EventView {
  /** The block with its empty line. */
  readonly bytes: Buffer
  /** The server that sent it: Uniqueids are unique on one server only. */
  readonly server: string
  /** Belongs to `factsOf`. */
  facts: EventFacts | undefined
  #headers: Map<string, string> | undefined
  #name: string | undefined
  #classBits: number | undefined
  #asSent: EventView | undefined

  constructor(bytes: Buffer, server: string) {
    this.bytes = bytes
    this.server = server
  }

  /** `Event:` as sent; empty when there is none. */
  get name(): string {
    this.#name ??= this.#find('Event')
    return this.#name
  }

  /** The classes of `Privilege:` as the bits of an EventMask; 0 without it: everybody sees it who wants any. */
  get classBits(): number {
    this.#classBits ??= EventMask.bitsOf(
      this.#find('Privilege')
        .split(',')
        .map((name) => name.trim().toLowerCase())
        .filter((name) => name !== '')
    )
    return this.#classBits
  }

  /** The event as its server sent it: without the `Server: name` that the proxy may have appended as the last line. Made once for all who ask. */
  get asSent(): EventView {
    this.#asSent ??= this.#withoutMark()
    return this.#asSent
  }

  #withoutMark(): EventView {
    const ending = Buffer.from(`\r\nServer: ${this.server}\r\n\r\n`)
    const at = this.bytes.length - ending.length
    if (at <= 0 || this.bytes.compare(ending, 0, ending.length, at) !== 0) return this
    return new EventView(Buffer.concat([this.bytes.subarray(0, at), blockEnd]), this.server)
  }

  /** All headers, the first of each name, by their name in lower case. */
  get headers(): ReadonlyMap<string, string> {
    this.#headers ??= readHeaders(this.bytes)
    return this.#headers
  }

  get(name: string): string | undefined {
    return this.headers.get(name.toLowerCase())
  }

  #find(name: string): string {
    const header = findHeader(this.bytes, name)
    return header ? this.bytes.toString('latin1', header.valueStart, header.valueEnd).trim() : ''
  }
}

function readHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>()
  const text = bytes.toString('latin1')
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = text.indexOf('\n', start)
    if (end < 0) end = text.length
    const colon = text.indexOf(':', start)
    if (colon < 0) break
    if (colon === start || colon >= end) continue
    const name = lowerCase(text.slice(start, colon))
    if (!headers.has(name)) headers.set(name, text.slice(colon + 1, end).trim())
  }
  return headers
}

/** Asterisk has some 400 names; more come from UserEvent only, where anybody makes them up. */
const maxNames = 2_000
const lowerNames = new Map<string, string>()

function lowerCase(sent: string): string {
  const known = lowerNames.get(sent)
  if (known !== undefined) return known
  const name = sent.trim().toLowerCase()
  if (lowerNames.size < maxNames) lowerNames.set(sent, name)
  return name
}
