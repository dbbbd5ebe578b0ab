import type { LogWriter, ProxyLog } from '../options.js'
import { piecesOf, shownBlock } from './wire-text.js'

/** Shows what goes over one connection: a record for each block, with its direction, its size in bytes, and its text without secrets. */
export class WireTap {
  readonly #write: LogWriter
  readonly #peer: () => object

  /** @param peer whose connection it is, as it stands in each record */
  constructor(write: LogWriter, peer: () => object) {
    this.#write = write
    this.#peer = peer
  }

  /** @returns undefined where nobody wants to see the wire */
  static of({ wire }: ProxyLog, peer: () => object): WireTap | undefined {
    return wire && new WireTap(wire, peer)
  }

  /** @param bytes whole blocks of AMI: what is cut in two could not be masked */
  received(bytes: Buffer): void {
    this.#show('received', bytes, 'ami')
  }

  /** @param bytes whole blocks of AMI */
  sent(bytes: Buffer): void {
    this.#show('sent', bytes, 'ami')
  }

  /** @param bytes whole blocks, in any format that a client may have chosen */
  readonly sentEncoded = (bytes: Buffer): void => this.#show('sent', bytes, 'encoded')

  /** Text that was masked already. @param bytes its length on the wire */
  shown(direction: 'received' | 'sent', text: string, bytes: number): void {
    this.#write({ ...this.#peer(), direction, bytes, text }, 'wire')
  }

  #show(direction: 'received' | 'sent', bytes: Buffer, kind: 'ami' | 'encoded'): void {
    for (const piece of piecesOf(bytes.toString('utf8'), kind))
      this.shown(direction, shownBlock(piece, kind), Buffer.byteLength(piece))
  }
}
