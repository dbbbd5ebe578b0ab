import { ProtocolError } from '../errors.js'
import { type AgiCommand, isFailureLine, readCommand } from './command.js'
import { maxCommandLineBytes, maxGuardedWords } from './limits.js'
import { LineReader } from './line-reader.js'
import { type BridgeReason, droppedLines } from './outcome.js'
import { CommandPolicy } from './policy.js'
import { ReplyReader } from './reply-reader.js'
import { unknownCommandReply } from './reply-writer.js'

export interface GuardOptions {
  policy?: CommandPolicy | undefined
  /** Of one line with its LF. */
  maxLineBytes?: number | undefined
  maxWords?: number | undefined
  /** Bytes of commands that wait for their turn; beyond it `isFull` asks for a pause. */
  maxWaitingBytes?: number | undefined
  /** Commands that may be refused before the call is given up. */
  maxRefused?: number | undefined
}

/** 1,000 commands that an application sends in one go have about 20 kB. */
const defaultMaxWaitingBytes = 64 * 1024
/** A script that was written for a more generous server asks for a handful of forbidden things; one that tries this many searches for a hole. */
const defaultMaxRefused = 100

/** Something that an operator may want to know. */
export type GuardNotice =
  /** The command was answered with 510 here, and never came to Asterisk. */
  | { readonly type: 'refused'; readonly why: string; readonly command: AgiCommand }
  /** Commands arrived before the one in front of them was answered. They waited. Said once. */
  | { readonly type: 'pipelined' }
  /** The application ended in the middle of a line, which is dropped. */
  | { readonly type: 'half-line'; readonly bytes: number }
  /** The application said `failure`. */
  | { readonly type: 'failure' }

/** What is to be done after a push. */
export interface GuardStep {
  /** To be written to Asterisk, in this order. */
  readonly toAsterisk: Buffer[]
  /** To be written to the application, in this order. */
  readonly toApplication: Buffer[]
  readonly notices: GuardNotice[]
  /** After the bytes: end the connection to Asterisk (FIN). */
  readonly endAsterisk: boolean
  /** The call is given up: `toAsterisk` says so to the dialplan; after the bytes, close the application as well. */
  readonly dropped: BridgeReason | undefined
}

/**
 * Stands between an application and Asterisk: only whole, checked commands go to Asterisk, each when the one before has been answered, since half a line
 * makes Asterisk burn a core, a line with many quoted words kills it, and a command that comes early interrupts what plays or waits unread. What Asterisk
 * says goes to the application as the same bytes. It starts behind the header block, knows no socket and no time, and never throws.
 *
 * While `isFull` the application is not to be read.
 */
export class AgiGuard {
  readonly #policy: CommandPolicy
  readonly #maxWords: number
  readonly #maxWaitingBytes: number
  readonly #maxRefused: number
  readonly #lines: LineReader
  readonly #replies = new ReplyReader()
  #outstanding: AgiCommand | undefined
  #applicationHasEnded = false
  #isClosed = false
  #refused = 0
  #hasPipelined = false
  #forwarded = 0
  #hasHungUp = false

  constructor({ policy, maxLineBytes, maxWords, maxWaitingBytes, maxRefused }: GuardOptions = {}) {
    this.#policy = policy ?? new CommandPolicy()
    this.#maxWords = maxWords ?? maxGuardedWords
    this.#maxWaitingBytes = maxWaitingBytes ?? defaultMaxWaitingBytes
    this.#maxRefused = maxRefused ?? defaultMaxRefused
    this.#lines = new LineReader(maxLineBytes ?? maxCommandLineBytes, 'A line of the application')
  }

  /** Do so many commands wait that no more should be read? */
  get isFull(): boolean {
    return !this.#isClosed && this.#lines.waitingBytes > this.#maxWaitingBytes
  }

  /** What Asterisk has not answered yet. */
  get outstanding(): AgiCommand | undefined {
    return this.#outstanding
  }

  /** Commands that went to Asterisk. */
  get forwarded(): number {
    return this.#forwarded
  }

  /** Has Asterisk said HANGUP? */
  get hasHungUp(): boolean {
    return this.#hasHungUp
  }

  /** Bytes of the application. After the end of the call they are dropped. */
  fromApplication(chunk: Buffer): GuardStep {
    const step = new Step()
    if (this.#isClosed || this.#applicationHasEnded) return step
    this.#lines.push(chunk)
    this.#advance(step)
    return step
  }

  /** The application has sent its FIN. What waits is still run, as Asterisk would run it; a half line is not. */
  applicationEnded(): GuardStep {
    const step = new Step()
    if (this.#isClosed || this.#applicationHasEnded) return step
    this.#applicationHasEnded = true
    this.#advance(step)
    return step
  }

  /** Bytes of Asterisk, which pass unchanged. */
  fromAsterisk(chunk: Buffer): GuardStep {
    const step = new Step()
    step.toApplication.push(chunk)
    if (this.#isClosed) return step
    if (this.#answers(chunk)) this.#outstanding = undefined
    this.#advance(step)
    return step
  }

  /** Gives the call up. @returns what tells the dialplan */
  drop(reason: BridgeReason): GuardStep {
    const step = new Step()
    if (!this.#isClosed) this.#drop(step, reason)
    return step
  }

  /** Is there an answer in it? A reply beyond every limit of Asterisk counts as one as soon as it is too long; the rest of it is not looked at. */
  #answers(chunk: Buffer): boolean {
    let isAnswered = false
    for (let at = 0; at < chunk.length; ) {
      const usual = this.#replies.usualReplies(at === 0 ? chunk : chunk.subarray(at))
      isAnswered ||= usual > 0
      at += usual
      if (at === chunk.length) break
      // One line that has to be read: behind it the usual ones may go on.
      const end = chunk.indexOf(lf, at) + 1 || chunk.length
      try {
        for (const { kind } of this.#replies.push(chunk.subarray(at, end))) {
          this.#hasHungUp ||= kind === 'hangup'
          isAnswered ||= kind === 'reply'
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        this.#replies.takeRest()
        return true
      }
      at = end
    }
    return isAnswered
  }

  #advance(step: Step): void {
    try {
      while (!this.#isClosed && !this.#outstanding) {
        const line = this.#lines.nextWithEnd()
        if (!line) break
        this.#take(line, step)
      }
      if (this.#outstanding) this.#noticePipelining(step)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#drop(step, 'app-line-too-long')
    }
    if (this.#applicationHasEnded && !this.#isClosed) this.#end(step)
  }

  #take(whole: Buffer, step: Step): void {
    const line = withoutCarriageReturns(whole)
    const hasNul = line.includes(0)
    if (isFailureLine(line) && !hasNul) {
      step.notices.push({ type: 'failure' })
      step.toAsterisk.push(Buffer.concat([line, lineEnd]))
      // Asterisk leaves the session at once.
      this.#close(step)
      return
    }
    const command = readCommand(line)
    if (command.words.length > this.#maxWords) {
      this.#drop(step, 'app-line-too-long')
      return
    }
    // Asterisk drops what follows a NUL and answers nothing, so that everybody would wait for ever.
    const why = hasNul ? 'there is a NUL in it' : this.#policy.refusal(command)
    if (why !== undefined) {
      this.#refuse(command, why, step)
      return
    }
    this.#outstanding = command
    this.#forwarded++
    step.toAsterisk.push(line.length === whole.length - 1 ? whole : Buffer.concat([line, lineEnd]))
  }

  #refuse(command: AgiCommand, why: string, step: Step): void {
    step.notices.push({ type: 'refused', why, command })
    step.toApplication.push(unknownCommandReply)
    this.#refused++
    if (this.#refused > this.#maxRefused) this.#drop(step, 'app-command-denied')
  }

  #noticePipelining(step: Step): void {
    if (this.#hasPipelined || this.#lines.waitingBytes === 0) return
    this.#hasPipelined = true
    step.notices.push({ type: 'pipelined' })
  }

  /** The application's FIN goes on as soon as nothing whole waits before it. */
  #end(step: Step): void {
    if (this.#lines.hasLine) return
    const rest = this.#lines.takeRest()
    if (rest.length > 0) step.notices.push({ type: 'half-line', bytes: rest.length })
    this.#close(step)
  }

  #drop(step: Step, reason: BridgeReason): void {
    step.toAsterisk.push(droppedLines(reason))
    step.dropped = reason
    this.#close(step)
  }

  #close(step: Step): void {
    this.#isClosed = true
    this.#lines.takeRest()
    step.endAsterisk = true
  }
}

class Step implements GuardStep {
  readonly toAsterisk: Buffer[] = []
  readonly toApplication: Buffer[] = []
  readonly notices: GuardNotice[] = []
  endAsterisk = false
  dropped: BridgeReason | undefined
}

const lineEnd = Buffer.from('\n')
const lf = 0x0a
const cr = 0x0d

/** For Asterisk a CR at the end belongs to the last word: `NOOP\r` is unknown to it. @param line with its LF @returns it without both */
function withoutCarriageReturns(line: Buffer): Buffer {
  let end = line.length - 1
  while (end > 0 && line[end - 1] === cr) end--
  return line.subarray(0, end)
}
