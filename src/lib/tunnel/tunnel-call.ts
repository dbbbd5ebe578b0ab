import type { Duplex } from 'node:stream'
import { TimeoutError } from '../errors.js'
import type { YamuxSession } from '../net/yamux/session.js'
import type { YamuxStream } from '../net/yamux/stream.js'
import { CallRefusedError } from './errors.js'
import type { Parameters } from './parameters.js'
import { formatAnswer, formatCall, maxLineBytes, parseAnswer, parseCall } from './protocol-2-messages.js'
import { readLine } from './read-line.js'

/** The client connects to its application in this time; one that starts a program for each call needs some of it. */
const answerTimeoutMs = 10_000
/** The line is the first that a server sends. */
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
  return within(stream, timeoutMs, 'The client did not answer the call', async () => {
    stream.write(Buffer.concat([Buffer.from(`${formatCall(metadata)}\n`), headers]))
    const refused = parseAnswer(await readLine(stream, maxLineBytes))
    if (refused !== undefined) throw new CallRefusedError(refused)
    return stream
  })
}

/** A call as the client gets it: answer it once, with `accept` or `refuse`. */
export interface OfferedCall {
  metadata: Parameters
  /** Gives Asterisk's header block and what follows it. After `accept` it takes bytes of the application. */
  stream: Duplex
  accept(): void
  /** @param reason one word of `[a-z0-9-]`, for the dialplan: `app-econnrefused` */
  refuse(reason: string): void
}

/**
 * The client's side of a call, on a stream that the server opened.
 * @throws TimeoutError, ProtocolError, ConnectionLostError; the stream was reset then
 */
export function readCall(stream: YamuxStream, timeoutMs: number = callTimeoutMs): Promise<OfferedCall> {
  return within(stream, timeoutMs, 'The server did not say what the call is', async () => {
    const metadata = parseCall(await readLine(stream, maxLineBytes))
    return {
      metadata,
      stream,
      accept: () => void stream.write(`${formatAnswer()}\n`),
      refuse: (reason: string) => {
        stream.end(`${formatAnswer(reason)}\n`)
        // Its half ends when the server has read why.
        stream.resume()
      }
    }
  })
}

async function within<T>(stream: YamuxStream, timeoutMs: number, what: string, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => stream.destroy(new TimeoutError(`${what} within ${timeoutMs / 1000} s`)), timeoutMs)
  try {
    return await work()
  } catch (error) {
    stream.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
