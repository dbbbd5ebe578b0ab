import type { ChildProcess } from 'node:child_process'
import { Duplex, type Readable, type Writable } from 'node:stream'
import type { AgiMessage } from '../agi/reply.js'
import { ReplyReader } from '../agi/reply-reader.js'
import { ConnectionLostError, ProtocolError } from '../errors.js'

/**
 * An AGI script as a stream: what it prints comes out, what Asterisk says goes to its stdin. A hang-up is no line for it but SIGHUP, as Asterisk does
 * it (`launch_script` of res_agi.c); SIGHUP is also what it gets when the call is lost. It ends when the program has; one that was killed by
 * a signal other than SIGHUP breaks.
 */
export class ProgramStream extends Duplex {
  readonly #child: ChildProcess
  readonly #stdin: Writable
  readonly #stdout: Readable
  readonly #replies = new ReplyReader()
  #isInHeaders = true

  /** @param child with pipes for stdin and stdout */
  constructor(child: ChildProcess) {
    super({ allowHalfOpen: true })
    this.#child = child
    this.#stdin = child.stdin!
    this.#stdout = child.stdout!
    this.on('error', ignore)
    // A script that does not read its replies, or has gone.
    this.#stdin.on('error', ignore)
    this.#stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) this.#stdout.pause()
    })
    child.once('close', (_status, signal) => {
      if (signal === null || signal === 'SIGHUP') this.push(null)
      else this.destroy(new ConnectionLostError(`The program was ended by ${signal}`))
    })
  }

  override _read(): void {
    this.#stdout.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // The first write is the whole header block, which is none of the replies.
    const bytes = this.#isInHeaders ? chunk : this.#withoutHangup(chunk)
    this.#isInHeaders = false
    if (bytes.length === 0 || !this.#stdin.writable) return done()
    this.#stdin.write(bytes, () => done())
  }

  override _final(done: () => void): void {
    this.#stdin.end(() => done())
    // It may be destroyed already, and then says nothing.
    if (this.#stdin.destroyed) done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#hangUp()
    this.#stdin.destroy()
    this.#stdout.resume()
    done(error)
  }

  #withoutHangup(chunk: Buffer): Buffer {
    let messages: AgiMessage[]
    try {
      messages = this.#replies.push(chunk)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return this.#replies.takeRest()
    }
    if (messages.some(({ kind }) => kind === 'hangup')) this.#hangUp()
    return Buffer.concat(messages.flatMap(({ kind, bytes }) => (kind === 'hangup' ? [] : [bytes])))
  }

  #hangUp(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGHUP')
  }
}

/** A failure is followed by `close`. */
function ignore(): void {}
