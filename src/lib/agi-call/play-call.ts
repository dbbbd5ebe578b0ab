import type { Duplex } from 'node:stream'
import { isFailureLine, readCommand } from '../agi/command.js'
import { type AgiHeader, encodeHeaderBlock } from '../agi/header-block.js'
import { maxCommandLineBytes } from '../agi/limits.js'
import { LineReader } from '../agi/line-reader.js'
import { hangupLine } from '../agi/reply-writer.js'
import { ProtocolError } from '../errors.js'
import { type AgiStatus, PlayedChannel, type PlayedChannelOptions } from './played-channel.js'

/** What Asterisk's stdio buffer holds. Whatever is beyond it waits in the system, and Asterisk sees there that it has to read on. */
const stdioBytes = 4096
/** Last words and the end behind them are sent at once, and arrive so but for a packet that is sent again. Who waits for a reply waits longer. */
const lastWordsMs = 500

export interface PlayCallOptions extends PlayedChannelOptions {
  headers: readonly AgiHeader[]
  /** Everything is written in pieces of so many bytes. */
  splitBytes?: number | undefined
  /** Asterisk vanishes (RST) instead of answering the command after so many. */
  diesAfterCommands?: number | undefined
  /** The caller hangs up when so many commands have been answered. */
  hangsUpAfterCommands?: number | undefined
  /**
   * Does a command that came with another wait until more bytes come, as it does in Asterisk's stdio buffer? Default yes; an application that pipelines then
   * waits as long as it would in production.
   */
  holdsPipelined?: boolean | undefined
  /** Milliseconds of any clock that only goes forward. */
  clock?: (() => number) | undefined
  onCommand?: ((command: PlayedCommand) => void) | undefined
}

export interface PlayedCommand {
  /** As it came, without its LF. */
  readonly line: string
  /** What was said to it, with its LF; undefined for nothing. */
  readonly said: string | undefined
  /** Since the headers were sent. */
  readonly atMs: number
}

export interface CallReport {
  readonly status: AgiStatus
  readonly commands: readonly PlayedCommand[]
  readonly variables: Readonly<Record<string, string>>
  /** The application sent several commands at once, other than to tell variables as its last words: nothing waits for those, and nothing is interrupted by them. */
  readonly hasPipelined: boolean
  /** It left a command without an LF, which costs Asterisk a core as long as it stands so. */
  readonly hadHalfLine: boolean
  /** A line was longer than Asterisk reads as one command: the call was ended. */
  readonly hadLongLine: boolean
  /** The connection broke: reset, or the fault that was asked for. */
  readonly error: Error | undefined
  readonly durationMs: number
}

export interface PlayedCall {
  /** Settles when the connection has closed; never rejects. */
  readonly ended: Promise<CallReport>
  /** The caller hangs up. */
  hangUp(): void
}

/**
 * Plays one call of Asterisk 22 to an AGI application that is connected already.
 * @throws AgiEncodeError, DataError for headers, variables or digits that Asterisk could not have sent
 */
export function playCall(stream: Duplex, options: PlayCallOptions): PlayedCall {
  const call = new Call(stream, options)
  return { ended: call.ended, hangUp: () => call.hangUp() }
}

class Call {
  readonly ended: Promise<CallReport>
  readonly #stream: Duplex
  readonly #options: PlayCallOptions
  readonly #channel: PlayedChannel
  readonly #lines = new LineReader(maxCommandLineBytes, 'A line of the application')
  readonly #commands: PlayedCommand[] = []
  readonly #clock: () => number
  readonly #start: number
  #hasPipelined = false
  /** Commands wait that came with this one, since then. */
  #held: { with: number; sinceMs: number } | undefined
  #hadHalfLine = false
  #hadLongLine = false
  #isOver = false
  #error: Error | undefined

  constructor(stream: Duplex, options: PlayCallOptions) {
    this.#stream = stream
    this.#options = options
    this.#channel = new PlayedChannel(options)
    this.#clock = options.clock ?? (() => performance.now())
    this.#start = this.#clock()
    stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    stream.once('end', () => this.#applicationEnded())
    stream.on('error', (error) => {
      this.#error ??= error
    })
    this.ended = new Promise((resolve) => stream.once('close', () => resolve(this.#report())))
    this.#write(encodeHeaderBlock(options.headers))
    if (options.hangsUpAfterCommands === 0) this.hangUp()
  }

  hangUp(): void {
    const said = this.#channel.hangUp()
    if (said && !this.#isOver) this.#write(said)
  }

  #receive(chunk: Buffer): void {
    if (this.#isOver) return
    // More, before those were answered that wait.
    if (this.#held) this.#hasPipelined = true
    this.#lines.push(chunk)
    this.#takeLines(this.#options.holdsPipelined === false ? Number.POSITIVE_INFINITY : 1)
    while (!this.#isOver && this.#lines.waitingBytes > stdioBytes && this.#lines.hasLine) this.#takeLines(1)
    if (this.#isOver || this.#lines.waitingBytes === 0) return
    if (this.#lines.hasLine) this.#held ??= { with: this.#commands.length - 1, sinceMs: this.#clock() }
    else this.#hadHalfLine = true
  }

  /** At once, before the stream ends its own side by itself: what waits is run now, half a line as well, and a last HANGUP is said whatever happened (transcripts 12 and 15b). */
  #applicationEnded(): void {
    if (this.#isOver) return
    this.#takeLines(Number.POSITIVE_INFINITY)
    const rest = this.#lines.takeRest()
    if (!this.#isOver && rest.length > 0) {
      this.#hadHalfLine = true
      this.#take(rest)
    }
    if (this.#held && this.#wereLastWords(this.#held)) this.#held = undefined
    if (!this.#isOver) this.#end()
  }

  /** The end came with them: a tunnel that breaks tells the dialplan so. */
  #wereLastWords(held: { with: number; sinceMs: number }): boolean {
    if (this.#clock() - held.sinceMs > lastWordsMs) return false
    return this.#commands.slice(held.with).every(({ line }) => {
      const bytes = Buffer.from(line)
      return isFailureLine(bytes) || readCommand(bytes).definition?.name === 'SET VARIABLE'
    })
  }

  #takeLines(most: number): void {
    try {
      for (let taken = 0; taken < most && !this.#isOver; taken++) {
        const line = this.#lines.next()
        if (!line) return
        this.#take(line)
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#hadLongLine = true
      this.#end()
    }
  }

  #take(line: Buffer): void {
    const { diesAfterCommands, hangsUpAfterCommands, onCommand } = this.#options
    if (this.#commands.length === diesAfterCommands) {
      this.#isOver = true
      this.#stream.destroy(new Error('Asterisk died, as it was told to'))
      return
    }
    const { said } = this.#channel.take(line)
    const command = { line: line.toString('utf8'), said: said?.toString('utf8'), atMs: this.#clock() - this.#start }
    this.#commands.push(command)
    onCommand?.(command)
    if (said) this.#write(said)
    if (this.#channel.hasEnded) this.#end()
    else if (this.#commands.length === hangsUpAfterCommands) this.hangUp()
  }

  #end(): void {
    this.#isOver = true
    this.#write(hangupLine)
    this.#stream.end()
    // Whatever still comes is not read; without it there would be no end of it either.
    this.#stream.resume()
  }

  #write(bytes: Buffer): void {
    const { splitBytes = bytes.length } = this.#options
    for (let at = 0; at < bytes.length; at += splitBytes) this.#stream.write(bytes.subarray(at, at + splitBytes))
  }

  #report(): CallReport {
    return {
      status: this.#channel.status,
      commands: this.#commands,
      variables: Object.fromEntries(this.#channel.variables),
      hasPipelined: this.#hasPipelined || this.#held !== undefined,
      hadHalfLine: this.#hadHalfLine,
      hadLongLine: this.#hadLongLine,
      error: this.#error,
      durationMs: this.#clock() - this.#start
    }
  }
}
