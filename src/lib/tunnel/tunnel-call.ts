import { type AgiHeaders, HeaderBlockReader } from '../agi/header-block.js'
import type { ByteChannel } from '../net/byte-channel.js'
import type { YamuxSession } from '../net/yamux/session.js'
import type { YamuxStream } from '../net/yamux/stream.js'
import { CallRefusedError } from './errors.js'
import { LineCutter } from './line-cutter.js'
import type { Parameters } from './parameters.js'
import { formatAnswer, formatCall, maxLineBytes, parseAnswer, parseCall } from './protocol-2-messages.js'
import { type Beginning, readBeginning } from './read-beginning.js'

/** The client connects to its application in this time; one that starts a program for each call needs some of it. */
const answerTimeoutMs = 10_000
/** The line and the headers are the first that a server sends. */
const callTimeoutMs = 5_000

/**
 * The server's side of a call: opens a stream, tells what it knows of the call, and waits for the client to have reached its application.
 * @param metadata `call` (its id), `source` (Asterisk's address and port), `user`, `server`, and what else is worth knowing
 * @param headers the header block as Asterisk sent it, with its empty line
 * @returns a stream that carries bytes of the application and takes bytes of Asterisk
 * @throws CallRefusedError, TimeoutError, ConnectionLostError (the tunnel is lost, or takes no more streams), ProtocolError
 */
export async function openCall(
  session: YamuxSession,
  { metadata, headers, timeoutMs = answerTimeoutMs }: { metadata: Parameters; headers: Buffer; timeoutMs?: number }
): Promise<YamuxStream> {
  const stream = session.open()
  const line = `${formatCall(metadata)}\n`
  const bytes = Buffer.allocUnsafe(line.length + headers.length)
  // Percent-encoded: a byte for each character.
  bytes.write(line, 'latin1')
  headers.copy(bytes, line.length)
  stream.write(bytes)
  const lines = new LineCutter(maxLineBytes)
  const push = (bytes: Buffer): Beginning<YamuxStream> | undefined => {
    const line = nextLine(lines, bytes)
    if (line === undefined) return undefined
    const refused = parseAnswer(line)
    if (refused !== undefined) throw new CallRefusedError(refused)
    return { value: stream, rest: lines.takeRest() }
  }
  return readBeginning(stream, push, { timeoutMs, what: 'The client did not answer the call' })
}

/** A call as the client gets it: answer it once, with `accept` or `refuse`. */
export interface OfferedCall {
  metadata: Parameters
  /** Gives Asterisk's header block and what follows it. After `accept` it takes bytes of the application. */
  stream: ByteChannel
  accept(): void
  /** @param reason one word of `[a-z0-9-]`, for the dialplan: `app-econnrefused` */
  refuse(reason: string): void
}

const slowServer = 'The server did not say what the call is'

/**
 * The client's side of a call, on a stream that the server opened.
 * @throws TimeoutError, ProtocolError, ConnectionLostError; the stream was reset then
 */
export function readCall(stream: YamuxStream, timeoutMs: number = callTimeoutMs): Promise<OfferedCall> {
  const lines = new LineCutter(maxLineBytes)
  const push = (bytes: Buffer): Beginning<OfferedCall> | undefined => {
    const line = nextLine(lines, bytes)
    return line === undefined ? undefined : { value: offer(stream, parseCall(line)), rest: lines.takeRest() }
  }
  return readBeginning(stream, push, { timeoutMs, what: slowServer })
}

/** The same with the headers, which the server sends with it: the stream gives what follows them. @throws as `readCall` */
export function readCallAndHeaders(stream: YamuxStream): Promise<OfferedCall & { headers: AgiHeaders }> {
  const lines = new LineCutter(maxLineBytes)
  const block = new HeaderBlockReader()
  let metadata: Parameters | undefined
  const push = (bytes: Buffer): Beginning<OfferedCall & { headers: AgiHeaders }> | undefined => {
    let chunk = bytes
    if (!metadata) {
      const line = nextLine(lines, bytes)
      if (line === undefined) return undefined
      metadata = parseCall(line)
      chunk = lines.takeRest()
    }
    const found = block.push(chunk)
    return found && { value: Object.assign(offer(stream, metadata), { headers: found.headers }), rest: found.rest }
  }
  return readBeginning(stream, push, { timeoutMs: callTimeoutMs, what: slowServer })
}

function offer(stream: YamuxStream, metadata: Parameters): OfferedCall {
  return {
    metadata,
    stream,
    accept: () => void stream.write(accepted),
    refuse: (reason: string) => {
      stream.end(`${formatAnswer(reason)}\n`)
      // Its half ends when the server has read why.
      stream.resume()
    }
  }
}

const accepted = Buffer.from(`${formatAnswer()}\n`)

function nextLine(lines: LineCutter, bytes: Buffer): string | undefined {
  lines.push(bytes)
  return lines.take()
}
