import type { Duplex } from 'node:stream'
import { ConnectionLostError, type PbxkitError, ProtocolError, TimeoutError } from '../errors.js'
import { type ConnectOptions, connect, peerName } from '../net/connect.js'
import { decodeReply, type WholeReplyOptions } from '../voipmonitor/inflate.js'
import type { ManagerRequest } from '../voipmonitor/request.js'

/** How long to wait for what, in ms. */
export interface ExchangeTimeouts {
  /** 3 s unless given: a sniffer is near. */
  connectMs?: number | undefined
  /** From the request to the first byte, 5 s unless given: recorded answers begin within 50 ms, `manager_file stop` takes 1 s. */
  firstByteMs?: number | undefined
  /** Between two parts of an answer, 10 s unless given. */
  idleMs?: number | undefined
  /** For the whole answer; without it there is no limit. */
  totalMs?: number | undefined
}

/** How the answer is read; see ReplyDecoder. */
export interface AnswerOptions extends Pick<WholeReplyOptions, 'expects' | 'inflate' | 'maxBytes' | 'maxInflatedBytes'> {
  timeouts?: ExchangeTimeouts | undefined
  signal?: AbortSignal | undefined
  /** The request is the last that is written: a netcat on the way stays until its input ends, whatever the sniffer does. */
  endsInput?: boolean | undefined
}

/** Where a sniffer listens: TCP, or a unix socket. */
export type SnifferAddress = Pick<ConnectOptions, 'host' | 'port' | 'path'>

const defaults = { connectMs: 3000, firstByteMs: 5000, idleMs: 10_000 }

/**
 * Connects, sends one request and gives the answer while it comes, decrypted and inflated. The connection is closed in any case, also when the reader
 * stops early.
 * @throws ConnectError, ConnectionLostError, TimeoutError, the signal's reason, and what `decodeReply` throws
 */
export async function* exchange(
  address: SnifferAddress,
  request: ManagerRequest,
  options: AnswerOptions = {}
): AsyncGenerator<Buffer, void> {
  const { timeouts, signal } = options
  const stream = await connect({ ...address, timeoutMs: timeouts?.connectMs ?? defaults.connectMs, signal })
  yield* exchangeOver(stream, peerName(address), request, options)
}

/** As `exchange`, the answer in one piece. */
export async function ask(address: SnifferAddress, request: ManagerRequest, options: AnswerOptions = {}): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of exchange(address, request, options)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/**
 * One exchange over a connection that is open already (a socket, or the pipes of an ssh). The stream is destroyed in any case.
 * @param peer as messages call it
 */
export async function* exchangeOver(
  stream: Duplex,
  peer: string,
  request: ManagerRequest,
  options: AnswerOptions = {}
): AsyncGenerator<Buffer, void> {
  const { timeouts, signal, endsInput, ...decoding } = options
  try {
    const bytes = received(stream, peer, request, { ...defaults, ...defined(timeouts), endsInput }, signal)
    const chunks = decoding.expects === 'bytes' ? bytes : notOfWebServer(bytes, peer)
    yield* decodeReply(chunks, { command: request.command, encryption: request.encryption, ...decoding })
  } finally {
    stream.destroy()
  }
}

/** Of what else listens on ports this is the likeliest; it begins with its protocol's name. */
async function* notOfWebServer(chunks: AsyncGenerator<Buffer, void>, peer: string): AsyncGenerator<Buffer, void> {
  let isFirst = true
  for await (const chunk of chunks) {
    if (isFirst && /^HTTP\/\d/.test(chunk.toString('latin1', 0, 6))) {
      throw new ProtocolError(`${peer} is a web server, not a sniffer's manager`, { hint: 'Is this its managerport (5029)?' })
    }
    isFirst = false
    yield chunk
  }
}

async function* received(
  stream: Duplex,
  peer: string,
  request: ManagerRequest,
  { firstByteMs, idleMs, totalMs, endsInput }: ExchangeTimeouts & typeof defaults & Pick<AnswerOptions, 'endsInput'>,
  signal: AbortSignal | undefined
): AsyncGenerator<Buffer, void> {
  // Whatever goes wrong comes out of the reading below; without a listener it would end the process.
  stream.on('error', () => {})
  const abort = () => stream.destroy(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  const total =
    totalMs === undefined ? undefined : setTimeout(() => stream.destroy(tooSlow(peer, 'no whole answer', totalMs)), totalMs)
  let waitMs = firstByteMs
  let why = 'no answer'
  try {
    signal?.throwIfAborted()
    // In one write and without a half-close: only so the sniffer answers at once.
    if (endsInput) stream.end(request.bytes)
    else stream.write(request.bytes)
    const chunks = stream[Symbol.asyncIterator]()
    for (;;) {
      // Only while we wait for the sniffer, not while our reader is busy.
      const timer = setTimeout((...[text, ms]: [string, number]) => stream.destroy(tooSlow(peer, text, ms)), waitMs, why, waitMs)
      const { value, done } = await chunks.next().finally(() => clearTimeout(timer))
      if (done) return
      yield value as Buffer
      waitMs = idleMs
      why = 'nothing more of the answer'
    }
  } catch (cause) {
    throw isOurs(cause, signal) ? cause : lost(peer, cause)
  } finally {
    clearTimeout(total)
    signal?.removeEventListener('abort', abort)
  }
}

function isOurs(error: unknown, signal: AbortSignal | undefined): boolean {
  return (error as Partial<PbxkitError>).exit !== undefined || (signal?.aborted === true && error === signal.reason)
}

function lost(peer: string, cause: unknown): ConnectionLostError {
  return new ConnectionLostError(`${peer} closed the connection before it had answered: ${(cause as Error).message}`, { cause })
}

function tooSlow(peer: string, what: string, ms: number): TimeoutError {
  return new TimeoutError(`${peer}: ${what} within ${ms / 1000} s`, {
    hint: 'A sniffer that waits for its database answers nobody over TCP: try its unix socket.'
  })
}

/** Without the values that are not given. */
function defined(timeouts: ExchangeTimeouts = {}): ExchangeTimeouts {
  return Object.fromEntries(Object.entries(timeouts).filter(([, ms]) => ms !== undefined))
}
