import type net from 'node:net'
import type { AgiMessage } from '../agi/reply.js'
import { ReplyReader } from '../agi/reply-reader.js'
import type { CallTranscript } from '../agi-transcript/transcripts.js'
import { ProtocolError } from '../errors.js'

export interface AskingOptions {
  onHangup: () => void
  /** Told once of each thing that a real Asterisk does not do. */
  onWarning: (warning: string) => void
  transcript?: CallTranscript | undefined
}

/** An application's side of a call after its headers: one command at a time, as Asterisk wants it. */
export class Asking {
  readonly #socket: net.Socket
  readonly #options: AskingOptions
  readonly #replies = new ReplyReader()
  readonly #warned = new Set<string>()
  #waiting: ((reply: string | undefined) => void) | undefined
  #hasEnded = false

  /** @param socket paused behind the headers */
  constructor(socket: net.Socket, options: AskingOptions) {
    this.#socket = socket
    this.#options = options
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => this.#over()).on('close', () => this.#over())
    socket.resume()
  }

  /** @returns the reply as text; undefined when Asterisk has closed */
  ask(command: Buffer): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed || this.#socket.readableEnded) return resolve(undefined)
      this.#waiting = resolve
      this.#options.transcript?.said('application', command)
      this.#socket.write(command)
    })
  }

  #receive(chunk: Buffer): void {
    this.#options.transcript?.said('asterisk', chunk)
    let messages: AgiMessage[] = []
    try {
      messages = this.#replies.push(chunk)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#warn(error.message)
      this.#socket.destroy()
    }
    for (const message of messages) this.#take(message)
  }

  #take({ kind, bytes }: AgiMessage): void {
    if (bytes.at(-2) === 0x0d) this.#warn('a line ends in CR LF: Asterisk ends lines in LF')
    if (kind === 'hangup') return this.#options.onHangup()
    if (kind === 'other') return this.#warn('a line came that is no reply')
    if (kind !== 'reply') return
    if (!this.#waiting) return this.#warn('a reply came that nobody had asked for: somebody else sends commands, several at once')
    this.#settle(bytes.toString('utf8').trimEnd())
  }

  #over(): void {
    if (!this.#hasEnded) {
      this.#hasEnded = true
      this.#options.transcript?.ended('asterisk')
      if (this.#replies.takeRest().length > 0) this.#warn('the connection ended in the middle of a line: its LF is missing')
    }
    this.#settle(undefined)
  }

  #settle(reply: string | undefined): void {
    this.#waiting?.(reply)
    this.#waiting = undefined
  }

  #warn(warning: string): void {
    if (this.#warned.has(warning)) return
    this.#warned.add(warning)
    this.#options.onWarning(warning)
  }
}
