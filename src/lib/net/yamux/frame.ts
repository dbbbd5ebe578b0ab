import { ProtocolError } from '../../errors.js'

/** What a frame is (yamux specification, "Type Field"). */
export const FrameType = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const
export type FrameType = (typeof FrameType)[keyof typeof FrameType]

/** What a frame says of its stream beside that; any of them together (yamux specification, "Flag Field"). */
export const Flag = { syn: 1, ack: 2, fin: 4, rst: 8 } as const

/** Why a session goes away (yamux specification, "Go Away Message"). */
export const GoAwayCode = { normal: 0, protocolError: 1, internalError: 2 } as const

/** Version, type, flags (2), stream (4), length (4), all big endian. */
export const headerBytes = 12

/** Both ends begin a stream with it, without a word: a smaller one cannot be agreed on. */
export const initialWindowBytes = 256 * 1024

const version = 0

/** What the decoder finds, in the order of the bytes. A data frame is followed by its payload, in as many pieces as it comes in. */
export interface FrameSink {
  /** @param length bytes of payload (data), bytes of credit (window update), the opaque value (ping) or the code (go away) */
  frame(type: FrameType, flags: number, streamId: number, length: number): void
  /** @param bytes a view of what was pushed @param isLast does the frame end with it? */
  payload(bytes: Buffer, isLast: boolean): void
}

/** @returns the header in a buffer of its own */
export function encodeHeader(type: FrameType, flags: number, streamId: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes)
  writeHeader(header, 0, type, flags, streamId, length)
  return header
}

/** Writes the header to a place that has room for it. Byte by byte: the methods of Buffer check what is known here, and are several times as slow. */
export function writeHeader(to: Buffer, at: number, type: FrameType, flags: number, streamId: number, length: number): void {
  to[at] = version
  to[at + 1] = type
  to[at + 2] = flags >>> 8
  to[at + 3] = flags
  to[at + 4] = streamId >>> 24
  to[at + 5] = streamId >>> 16
  to[at + 6] = streamId >>> 8
  to[at + 7] = streamId
  to[at + 8] = length >>> 24
  to[at + 9] = length >>> 16
  to[at + 10] = length >>> 8
  to[at + 11] = length
}

/** Cuts a byte stream into yamux frames. Keeps nothing of a payload, and of a header only one that is cut. Knows no socket and no stream. */
export class FrameDecoder {
  readonly #maxPayloadBytes: number
  #cut: Buffer | undefined
  #cutLength = 0
  #payloadLeft = 0

  /** @param maxPayloadBytes no data frame may be longer: the largest window that is ever granted */
  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes
  }

  /** @throws ProtocolError for what is no yamux; the decoder is of no use afterwards */
  push(chunk: Buffer, sink: FrameSink): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#payloadLeft > 0) at = this.#takePayload(chunk, at, sink)
      else if (this.#cut || chunk.length - at < headerBytes) at = this.#takeCut(chunk, at, sink)
      else {
        this.#begin(chunk, at, sink)
        at += headerBytes
      }
    }
  }

  #takePayload(chunk: Buffer, at: number, sink: FrameSink): number {
    const end = Math.min(chunk.length, at + this.#payloadLeft)
    this.#payloadLeft -= end - at
    sink.payload(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end), this.#payloadLeft === 0)
    return end
  }

  #takeCut(chunk: Buffer, at: number, sink: FrameSink): number {
    this.#cut ??= Buffer.allocUnsafeSlow(headerBytes)
    const cut = this.#cut
    const end = Math.min(chunk.length, at + headerBytes - this.#cutLength)
    chunk.copy(cut, this.#cutLength, at, end)
    this.#cutLength += end - at
    if (this.#cutLength === headerBytes) {
      this.#cut = undefined
      this.#cutLength = 0
      this.#begin(cut, 0, sink)
    }
    return end
  }

  #begin(bytes: Buffer, at: number, sink: FrameSink): void {
    if (bytes[at] !== version) throw new ProtocolError(`The peer speaks version ${bytes[at]} of yamux, and not ${version}`)
    const type = bytes[at + 1]!
    if (type > FrameType.goAway) throw new ProtocolError(`There is no yamux frame of type ${type}`)
    const length = readUint32(bytes, at + 8)
    if (type === FrameType.data) {
      if (length > this.#maxPayloadBytes) {
        throw new ProtocolError(`A yamux frame of ${length} bytes is longer than any window`, {
          details: { limit: this.#maxPayloadBytes }
        })
      }
      this.#payloadLeft = length
    }
    sink.frame(type as FrameType, (bytes[at + 2]! << 8) | bytes[at + 3]!, readUint32(bytes, at + 4), length)
  }
}

function readUint32(bytes: Buffer, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
