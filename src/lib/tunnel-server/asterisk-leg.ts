import type { Duplex } from 'node:stream'
import { type AgiHeaders, HeaderBlockReader } from '../agi/header-block.js'
import type { AgiReply } from '../agi/reply.js'
import { ReplyReader } from '../agi/reply-reader.js'
import { ConnectionLostError, PbxkitError, ProtocolError, TimeoutError } from '../errors.js'
import { Patience, type Wait } from '../net/patience.js'

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

/** Somebody waits for headers or a reply. */
interface Waiting<T> {
  resolve: (found: T) => void
  reject: (error: unknown) => void
  patience: Patience
  wait: Wait
}

interface WaitingReply extends Waiting<AgiReply> {
  /** Called in place of `resolve` by who does not want to know what the reply says. */
  done?: (() => void) | undefined
}

interface Reading extends Waiting<AsteriskLeg> {
  block: HeaderBlockReader
}

/** The connection of one AGI call with Asterisk: headers come first, then we ask and tell it something ourselves, then somebody takes it over. */
export class AsteriskLeg {
  readonly socket: Duplex
  /** Called once when the caller is gone, before somebody has taken the call over. */
  onGone: () => void = () => {}
  #headers: AgiHeaders | undefined
  #reading: Reading | undefined
  readonly #replies = new ReplyReader()
  /** What the application is to see of what was said before it came: HANGUP. */
  readonly #kept: Buffer[] = []
  #waiting: WaitingReply | undefined
  #reader: LegReader | undefined
  #isGone = false

  private constructor(socket: Duplex) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      if (this.#reader) this.#reader.onData(chunk)
      else if (this.#reading) this.#readHeaders(this.#reading, chunk)
      else this.#take(chunk)
    })
    socket.on('end', () => {
      if (this.#reader) this.#reader.onEnd()
      else this.#goes()
    })
    socket.on('close', () => {
      if (this.#reader) this.#reader.onClose()
      else this.#goes()
      // The socket may stay in memory for some time; the call is not to hang on it.
      this.#reader = undefined
      this.onGone = ignore
    })
  }

  /** @param socket half open @throws ProtocolError, TimeoutError, ConnectionLostError */
  static open(socket: Duplex, timeoutMs: number = headersTimeoutMs): Promise<AsteriskLeg> {
    socket.on('error', ignore)
    return new Promise((resolve, reject) => {
      const leg = new AsteriskLeg(socket)
      const patience = Patience.of(timeoutMs)
      const late = () =>
        leg.#headersFail(new TimeoutError(`The header block of the call did not come within ${timeoutMs / 1000} s`))
      leg.#reading = { resolve, reject, patience, wait: patience.begin(late), block: new HeaderBlockReader() }
      // It was over before we listened.
      if (socket.destroyed || socket.readableEnded) leg.#goes()
    })
  }

  /** That it was opened with. */
  get headers(): AgiHeaders {
    return this.#headers!
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** Sends a command and waits for its reply, one at a time. @param timeoutMs of the reply @throws TimeoutError, ConnectionLostError, ProtocolError */
  ask(command: Buffer, timeoutMs: number = replyTimeoutMs): Promise<AgiReply> {
    return new Promise((resolve, reject) => this.#send(command, timeoutMs, { resolve, reject }))
  }

  /** The same, when it is enough that there is a reply: the usual ones need not be read then. @throws as `ask` */
  tell(command: Buffer): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#send(command, replyTimeoutMs, { resolve: () => resolve(), reject, done: resolve })
    )
  }

  #send(command: Buffer, timeoutMs: number, then: Pick<WaitingReply, 'resolve' | 'reject' | 'done'>): void {
    if (this.socket.destroyed || this.socket.readableEnded) throw new ConnectionLostError('Asterisk has closed the call')
    const patience = Patience.of(timeoutMs)
    const late = () => this.#fails(new TimeoutError(`Asterisk did not answer within ${timeoutMs / 1000} s`))
    const { resolve, reject, done } = then
    this.#waiting = { resolve, reject, done, patience, wait: patience.begin(late) }
    this.socket.write(command)
  }

  /** From now on what Asterisk says is the reader's. */
  handOver(reader: LegReader): void {
    this.#reader = reader
    for (const bytes of this.#kept.splice(0)) reader.onData(bytes)
    if (this.socket.destroyed) reader.onClose()
    else if (this.socket.readableEnded) reader.onEnd()
  }

  #readHeaders({ block, resolve, patience, wait }: Reading, chunk: Buffer): void {
    let found: ReturnType<HeaderBlockReader['push']>
    try {
      found = block.push(chunk)
    } catch (error) {
      return this.#headersFail(error)
    }
    if (!found) return
    patience.end(wait)
    this.#reading = undefined
    this.#headers = found.headers
    resolve(this)
    // When whoever opened it has heard of it, and before anything else comes.
    const { rest } = found
    if (rest.length > 0) queueMicrotask(() => this.#take(rest))
  }

  #headersFail(error: unknown): void {
    const reading = this.#reading
    if (!reading) return
    this.#reading = undefined
    reading.patience.end(reading.wait)
    reading.reject(error)
  }

  #take(chunk: Buffer): void {
    const waiting = this.#waiting
    if (waiting?.done && this.#replies.usualReplies(chunk) === chunk.length) {
      this.#waiting = undefined
      waiting.patience.end(waiting.wait)
      return waiting.done()
    }
    try {
      for (const message of this.#replies.push(chunk)) {
        if (message.kind === 'reply') this.#answered(message)
        else if (message.kind === 'hangup') {
          this.#kept.push(message.bytes)
          this.#isGone = true
          this.onGone()
        }
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#fails(error)
      this.socket.destroy()
    }
  }

  #answered(reply: AgiReply): void {
    const waiting = this.#waiting
    if (!waiting) return
    this.#waiting = undefined
    waiting.patience.end(waiting.wait)
    waiting.resolve(reply)
  }

  #fails(error: PbxkitError): void {
    const waiting = this.#waiting
    if (!waiting) return
    this.#waiting = undefined
    waiting.patience.end(waiting.wait)
    waiting.reject(error)
  }

  #goes(): void {
    if (this.#reading) return this.#headersFail(endedEarly(this.socket))
    if (this.#waiting) this.#fails(new ConnectionLostError('Asterisk has closed the call'))
    if (this.#isGone && !this.socket.destroyed) return
    this.#isGone = true
    this.onGone()
  }
}

function endedEarly({ errored }: Duplex): PbxkitError {
  if (errored instanceof PbxkitError) return errored
  return new ConnectionLostError('The connection ended in the header block of the call', { cause: errored ?? undefined })
}

/** A failure is followed by `close`. */
function ignore(): void {}
