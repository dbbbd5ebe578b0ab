import type { Duplex } from 'node:stream'
import type { AgiHeaders } from '../agi/header-block.js'
import type { AgiReply } from '../agi/reply.js'
import { ReplyReader } from '../agi/reply-reader.js'
import { ConnectionLostError, type PbxkitError, ProtocolError, TimeoutError } from '../errors.js'
import { readHeaders } from '../tunnel/read-headers.js'

/** Asterisk sends the headers at once, in several segments. */
const headersTimeoutMs = 5_000
/** A variable is told in a fraction of a millisecond; a busy PBX takes longer, and no call hangs on it for ever. */
const replyTimeoutMs = 2_000

/** Whom the bytes of Asterisk go to, once somebody has taken the call over. */
export interface LegReader {
  onData(chunk: Buffer): void
  /** Asterisk has said all. */
  onEnd(): void
  /** The connection is gone, in good order or not. */
  onClose(): void
}

/** The connection of one AGI call with Asterisk: first we ask and tell it something ourselves, then somebody takes it over. */
export class AsteriskLeg {
  readonly socket: Duplex
  readonly headers: AgiHeaders
  /** Called once when the caller is gone, before somebody has taken the call over. */
  onGone: () => void = () => {}
  readonly #replies = new ReplyReader()
  /** What the application is to see of what was said before it came: HANGUP. */
  readonly #kept: Buffer[] = []
  #waiting: { resolve: (reply: AgiReply) => void; reject: (error: PbxkitError) => void } | undefined
  #reader: LegReader | undefined
  #isGone = false

  private constructor(socket: Duplex, headers: AgiHeaders) {
    this.socket = socket
    this.headers = headers
    socket.on('data', (chunk: Buffer) => {
      if (this.#reader) this.#reader.onData(chunk)
      else this.#take(chunk)
    })
    socket.on('end', () => {
      if (this.#reader) this.#reader.onEnd()
      else this.#goes()
    })
    socket.on('close', () => {
      if (this.#reader) this.#reader.onClose()
      else this.#goes()
    })
    socket.resume()
    // It was over before we listened.
    if (socket.destroyed) this.#goes()
  }

  /** @param socket half open @throws ProtocolError, TimeoutError, ConnectionLostError */
  static async open(socket: Duplex, timeoutMs: number = headersTimeoutMs): Promise<AsteriskLeg> {
    socket.on('error', ignore)
    return new AsteriskLeg(socket, await readHeaders(socket, timeoutMs))
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** Sends a command and waits for its reply, one at a time. @param timeoutMs of the reply @throws TimeoutError, ConnectionLostError, ProtocolError */
  async ask(command: Buffer, timeoutMs: number = replyTimeoutMs): Promise<AgiReply> {
    if (this.socket.destroyed || this.socket.readableEnded) throw new ConnectionLostError('Asterisk has closed the call')
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<AgiReply>((resolve, reject) => {
        this.#waiting = { resolve, reject }
        const late = () => reject(new TimeoutError(`Asterisk did not answer within ${timeoutMs / 1000} s`))
        timer = setTimeout(late, timeoutMs)
        this.socket.write(command)
      })
    } finally {
      clearTimeout(timer)
      this.#waiting = undefined
    }
  }

  /** From now on what Asterisk says is the reader's. */
  handOver(reader: LegReader): void {
    this.#reader = reader
    for (const bytes of this.#kept.splice(0)) reader.onData(bytes)
    if (this.socket.destroyed) reader.onClose()
    else if (this.socket.readableEnded) reader.onEnd()
  }

  #take(chunk: Buffer): void {
    try {
      for (const message of this.#replies.push(chunk)) {
        if (message.kind === 'reply') this.#waiting?.resolve(message)
        else if (message.kind === 'hangup') {
          this.#kept.push(message.bytes)
          this.#isGone = true
          this.onGone()
        }
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#waiting?.reject(error)
      this.socket.destroy()
    }
  }

  #goes(): void {
    this.#waiting?.reject(new ConnectionLostError('Asterisk has closed the call'))
    if (this.#isGone && !this.socket.destroyed) return
    this.#isGone = true
    this.onGone()
  }
}

/** A failure is followed by `close`. */
function ignore(): void {}
