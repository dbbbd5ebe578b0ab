import type { Block } from '../ami/block.js'
import { BlockParser, type ParserLimits } from '../ami/block-parser.js'
import { type Credentials, isForeignBanner, LoginDialogue } from '../ami/login.js'
import { ConnectionLostError, ProtocolError, TimeoutError } from '../errors.js'
import { ByteStream } from '../net/byte-stream.js'
import { type ConnectOptions, peerName } from '../net/connect.js'

export interface SessionOptions {
  connect: ConnectOptions
  credentials: Credentials
  limits?: Partial<ParserLimits> | undefined
  /** For the banner and the login together. */
  timeoutMs: number
  /** Read into this one buffer (see ByteStream): for a stream that is too fast for a buffer each. */
  readBuffer?: Buffer | undefined
  /** Sees all bytes of both directions. Secrets are in them. */
  trace?: ((direction: 'sent' | 'received', bytes: Buffer) => void) | undefined
}

/** A connection that is logged in. Blocks that came along with the login's answer are in `early`. */
export interface Session {
  stream: ByteStream
  parser: BlockParser
  banner: string
  early: Block[]
}

/**
 * Connects and logs in. What comes afterwards waits in the stream for its next reader.
 * @throws ConnectError, TlsError, TimeoutError, LoginError, ProtocolError, ConnectionLostError
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { credentials, limits, timeoutMs, trace } = options
  const stream = await ByteStream.open(options.connect, options.readBuffer)
  const { socket } = stream
  const name = peerName(options.connect)
  const parser = new BlockParser({ from: 'server', ...limits })
  const dialogue = new LoginDialogue(credentials, `pbxkit-login-${process.pid}`, name)
  const send = (bytes: Buffer) => {
    trace?.('sent', bytes)
    socket.write(bytes)
  }
  try {
    const early = await exchange(stream, { name, timeoutMs, signal: options.connect.signal }, (chunk) => {
      trace?.('received', chunk)
      const hadBanner = parser.banner !== undefined
      const blocks = parser.push(chunk)
      if (parser.banner === undefined) return undefined
      if (!hadBanner) {
        if (isForeignBanner(parser.banner)) throw foreignPeer(name, parser.banner)
        send(dialogue.start())
      }
      for (const [index, block] of blocks.entries()) {
        const step = dialogue.push(block)
        if (step === 'done') return blocks.slice(index + 1)
        if (step) send(step)
      }
      return undefined
    })
    return { stream, parser, banner: parser.banner!, early }
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw error
  }
}

function foreignPeer(name: string, banner: string): ProtocolError {
  return new ProtocolError(`${name} does not speak AMI; it began with ${JSON.stringify(banner.slice(0, 80))}`, {
    hint: 'AMI is on port 5038 unless manager.conf says otherwise (5039 for TLS).'
  })
}

/** Feeds the step function with what the peer sends until it returns something. */
function exchange<T>(
  stream: ByteStream,
  { name, timeoutMs, signal }: { name: string; timeoutMs: number; signal?: AbortSignal | undefined },
  step: (chunk: Buffer) => T | undefined
): Promise<T> {
  const { socket } = stream
  return new Promise((resolve, reject) => {
    let received = 0
    const timer = setTimeout(() => {
      const what = received === 0 ? 'sent no AMI banner' : 'did not finish the login'
      settle(() =>
        reject(
          new TimeoutError(`${name} ${what} within ${timeoutMs / 1000} s`, {
            hint: 'Is this an AMI port? With TLS on the server, use --tls.'
          })
        )
      )
    }, timeoutMs)
    const onData = (chunk: Buffer) => {
      received += chunk.length
      try {
        const result = step(chunk)
        if (result !== undefined) settle(() => resolve(result))
      } catch (error) {
        settle(() => reject(error))
      }
    }
    const onError = (error: Error) =>
      settle(() =>
        reject(new ConnectionLostError(`The connection to ${name} broke during the login: ${error.message}`, { cause: error }))
      )
    const onClose = () => {
      const hint = 'Does manager.conf permit this address, and is this an AMI port?'
      settle(() => reject(new ConnectionLostError(`${name} closed the connection during the login`, { hint })))
    }
    const onAbort = () => settle(() => reject(signal?.reason))
    const settle = (then: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      stream.read(undefined)
      socket.off('error', onError).off('close', onClose).off('end', onClose)
      then()
    }
    socket.on('error', onError).on('close', onClose).on('end', onClose)
    signal?.addEventListener('abort', onAbort, { once: true })
    stream.read(onData)
  })
}
