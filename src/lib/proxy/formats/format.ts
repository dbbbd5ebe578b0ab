import type { Block } from '../../ami/block.js'
import type { ParserLimits } from '../../ami/block-parser.js'

/** Who says a block: a server, or the proxy itself. XML names its documents by it. */
export type Origin = 'server' | 'proxy'

/** How blocks are written for a client. One file of this folder is one format. */
export interface OutputFormat {
  /** As in `OutputFormat:`, in lower case; formats with equal names give equal bytes. */
  readonly name: string
  /** For HTTP. */
  readonly contentType: string
  /** Bytes between two documents of the stream: what a WebSocket cuts messages at. */
  readonly delimiter: string
  /**
   * @param block one AMI block with its empty line
   * @returns its bytes in this format, its delimiter included; the same buffer where nothing is to be changed
   */
  encode(block: Buffer, origin: Origin): Buffer
}

/** How a client's bytes are read. */
export interface InputFormat {
  readonly name: string
  /** Does a client of this format expect Asterisk's banner first? */
  readonly hasBanner: boolean
  createParser(limits: ParserLimits): InputParser
}

/** Bytes in, actions out, whole ones only. */
export interface InputParser {
  /**
   * @param blocks where whole actions go: when it throws, those that stood before the fault are in it
   * @returns the same
   * @throws ProtocolError for what can be no action of this format; nothing more is read then
   */
  push(chunk: Buffer, blocks?: Block[]): Block[]
  /** Bytes of an action that has begun and is not whole yet. */
  readonly pendingBytes: number
}
