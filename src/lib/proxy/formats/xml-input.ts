import { SaxesParser } from 'saxes'
import type { Block } from '../../ami/block.js'
import type { ParserLimits } from '../../ami/block-parser.js'
import type { Field } from '../../ami/encode.js'
import { ProtocolError } from '../../errors.js'
import type { InputFormat, InputParser } from './format.js'
import { inputAction, invalidInput, maxHeaders } from './input-action.js'

const root = 'AsteriskManagerInput'
const greaterThan = 0x3e

/**
 * `<AsteriskManagerInput><Action Value="Ping"/>…</AsteriskManagerInput>`, one document after the other. The text of an element will do for
 * its value (`<Action>Ping</Action>`). A document ends at its closing tag: no empty line is needed, as astmanproxy did.
 */
export const xmlInput: InputFormat = {
  name: 'xml',
  hasBanner: false,
  createParser: (limits) => new XmlInputParser(limits)
}

class XmlInputParser implements InputParser {
  readonly #limits: ParserLimits
  #document: XmlDocument | undefined
  #failed: ProtocolError | undefined

  constructor(limits: ParserLimits) {
    this.#limits = limits
  }

  get pendingBytes(): number {
    return this.#document?.bytes ?? 0
  }

  push(chunk: Buffer, blocks: Block[] = []): Block[] {
    if (this.#failed) throw this.#failed
    try {
      return this.#read(chunk, blocks)
    } catch (error) {
      this.#failed = error instanceof ProtocolError ? error : invalidInput('XML', (error as Error).message, error)
      this.#document = undefined
      throw this.#failed
    }
  }

  /** A document ends in `>`, so a piece up to the next one never holds the end of one document and the beginning of another. */
  #read(chunk: Buffer, blocks: Block[]): Block[] {
    for (let start = 0; start < chunk.length; ) {
      if (!this.#document) {
        while (isBlank(chunk[start])) start++
        if (start === chunk.length) break
        this.#document = new XmlDocument(this.#limits)
      }
      const next = chunk.indexOf(greaterThan, start) + 1 || chunk.length
      this.#document.write(chunk.subarray(start, next))
      start = next
      if (!this.#document.isWhole) continue
      blocks.push(inputAction(this.#document.fields, this.#limits, 'XML'))
      this.#document = undefined
    }
    return blocks
  }
}

/** One document in the making. Entities are the five of XML and character references: a DOCTYPE, which could declare more, is refused. */
class XmlDocument {
  readonly fields: Field[] = []
  bytes = 0
  isWhole = false
  readonly #limits: ParserLimits
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  readonly #parser = new SaxesParser()
  /** The tags that are open, the innermost last. */
  readonly #open: string[] = []
  #value: string | undefined
  #text = ''

  constructor(limits: ParserLimits) {
    this.#limits = limits
    const parser = this.#parser
    parser.on('xmldecl', ({ encoding }) => {
      if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding))
        throw invalidInput('XML', 'the encoding has to be UTF-8')
    })
    parser.on('doctype', () => {
      throw invalidInput('XML', 'a DOCTYPE is not allowed')
    })
    parser.on('opentagstart', ({ name }) => this.#opened(name))
    parser.on('attribute', ({ name, value }) => this.#attribute(name, value))
    parser.on('text', (text) => this.#addText(text))
    parser.on('cdata', (text) => this.#addText(text))
    parser.on('closetag', () => this.#closed())
  }

  /** @throws Error of the parser, TypeError for what is not UTF-8, ProtocolError */
  write(piece: Buffer): void {
    this.bytes += piece.length
    if (this.bytes > this.#limits.maxBlockBytes)
      throw invalidInput('XML', `a document is longer than ${this.#limits.maxBlockBytes} bytes`)
    this.#parser.write(this.#decoder.decode(piece, { stream: true }))
  }

  #opened(name: string): void {
    if (this.#open.length === 0 && name !== root) throw invalidInput('XML', `the document has to be ${root}`)
    if (this.#open.length === 2) throw invalidInput('XML', `an element inside of ${this.#open[1]}`)
    if (this.fields.length === maxHeaders) throw invalidInput('XML', `an action with more than ${maxHeaders} headers`)
    this.#open.push(name)
    this.#value = undefined
    this.#text = ''
  }

  #attribute(name: string, value: string): void {
    if (this.#open.length < 2 || name !== 'Value')
      throw invalidInput('XML', `an attribute ${name}: only elements have one, Value`)
    this.#value = value
  }

  #addText(text: string): void {
    if (this.#open.length === 2) this.#text += text
    else if (text.trim() !== '') throw invalidInput('XML', 'text outside of an element')
  }

  #closed(): void {
    const name = this.#open.pop()!
    if (this.#open.length === 0) {
      this.isWhole = true
      return
    }
    if (this.#value !== undefined && this.#text.trim() !== '') throw invalidInput('XML', `${name} has both a Value and a text`)
    this.fields.push([name, this.#value ?? this.#text])
    this.#text = ''
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
