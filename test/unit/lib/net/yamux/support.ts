import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import type { PbxkitError } from '../../../../../src/lib/errors.js'
import { encodeHeader, FrameDecoder, type FrameType } from '../../../../../src/lib/net/yamux/frame.js'
import { type YamuxOptions, YamuxSession } from '../../../../../src/lib/net/yamux/session.js'
import type { YamuxStream } from '../../../../../src/lib/net/yamux/stream.js'
import { type DuplexPairOptions, duplexPair, type PairEnd } from '../../../support/duplex-pair.js'

/** A session with what happened in it. */
export class Observed {
  readonly session: YamuxSession
  readonly transport: PairEnd
  /** That the peer opened and nobody has asked for. */
  readonly streams: YamuxStream[] = []
  wentAway = 0
  closed: { error: PbxkitError | undefined } | undefined
  #wake: (() => void) | undefined

  constructor(transport: PairEnd, options: Omit<YamuxOptions, 'handler'>) {
    this.transport = transport
    const wake = () => this.#wake?.()
    this.session = new YamuxSession(transport, {
      ...options,
      handler: {
        onStream: (stream) => {
          this.streams.push(stream)
          wake()
        },
        onGoAway: () => {
          this.wentAway++
          wake()
        },
        onClosed: (_, error) => {
          this.closed = { error }
          wake()
        }
      }
    })
    this.session.start()
  }

  /** Resolves once `look` finds something. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  accepted(): Promise<YamuxStream> {
    return this.until(() => this.streams.shift())
  }

  ended(): Promise<{ error: PbxkitError | undefined }> {
    return this.until(() => this.closed)
  }
}

export interface PairOptions extends DuplexPairOptions {
  client?: Partial<YamuxOptions>
  server?: Partial<YamuxOptions>
}

/** Two sessions that are connected. They end with the test. */
export function sessions({ client, server, ...pair }: PairOptions = {}): { client: Observed; server: Observed } {
  const [left, right] = duplexPair(pair)
  const both = {
    client: new Observed(left, { ...client, role: 'client' }),
    server: new Observed(right, { ...server, role: 'server' })
  }
  onTestFinished(() => {
    both.client.session.destroy()
    both.server.session.destroy()
  })
  return both
}

export interface Frame {
  type: FrameType
  flags: number
  streamId: number
  length: number
  payload?: Buffer
}

/** A server session, and the raw other end of it. */
export function rawPeer(server: Partial<YamuxOptions> = {}, pair: DuplexPairOptions = {}) {
  const [peer, transport] = duplexPair(pair)
  const observed = new Observed(transport, { ...server, role: 'server' })
  const frames: Frame[] = []
  const decoder = new FrameDecoder(2 ** 32 - 1)
  const sink = {
    frame: (type: FrameType, flags: number, streamId: number, length: number) =>
      void frames.push({ type, flags, streamId, length }),
    payload: (bytes: Buffer) => {
      const last = frames.at(-1)!
      last.payload = Buffer.concat([last.payload ?? Buffer.alloc(0), bytes])
    }
  }
  peer.on('data', (chunk: Buffer) => decoder.push(chunk, sink))
  onTestFinished(() => {
    observed.session.destroy()
    peer.destroy()
  })
  const send = (type: FrameType, flags: number, streamId: number, length: number, payload = Buffer.alloc(0)) =>
    peer.write(Buffer.concat([encodeHeader(type, flags, streamId, length), payload]))
  /** Resolves with the first frame that fits, now or later. */
  const received = async (fits: (frame: Frame) => boolean): Promise<Frame> => {
    for (;;) {
      const found = frames.find(fits)
      if (found) return found
      await once(peer, 'data')
    }
  }
  return { ...observed, observed, peer, frames, send, received }
}

/** All that the stream gives until its end; its other half stays as it is. */
export function readAll(stream: YamuxStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('end', () => resolve(Buffer.concat(chunks)))
    stream.once('close', () => reject(stream.errored ?? new Error('closed before its end')))
    stream.resume()
  })
}

/** Resolves with why the stream was closed. */
export function closed(stream: YamuxStream): Promise<Error | null> {
  if (stream.destroyed) return Promise.resolve(stream.errored)
  return new Promise((resolve) => stream.once('close', () => resolve(stream.errored)))
}
