import { type AgiCommand, isFailureLine, readCommand } from '../agi/command.js'
import {
  deadChannelReply,
  encodeResult,
  encodeUsage,
  hangupLine,
  type ResultReply,
  unknownCommandReply
} from '../agi/reply-writer.js'
import { DataError } from '../errors.js'

/** What the dialplan would find in AGISTATUS. */
export type AgiStatus = 'SUCCESS' | 'FAILURE' | 'HANGUP'

export interface PlayedChannelOptions {
  variables?: Readonly<Record<string, string>> | undefined
  /** Digits that the caller presses, asked for by GET DATA one after the other; then nobody presses any. */
  digits?: readonly string[] | undefined
  /** Sound files that are not there. */
  missingFiles?: readonly string[] | undefined
  /** Applications that EXEC does not find. */
  missingApplications?: readonly string[] | undefined
  /** An answer of one's own, with its LF; undefined leaves it to the channel. */
  answer?: ((command: AgiCommand) => Buffer | undefined) | undefined
}

/** Asterisk cuts what GET VARIABLE tells. */
const longestValueBytes = 1023

/** Commands that take so many arguments and no more; most ignore what is too much. */
const mostArguments: Readonly<Record<string, number>> = {
  'GET VARIABLE': 1,
  'SET VARIABLE': 2,
  'GET FULL VARIABLE': 2,
  HANGUP: 1
}

/** `endpos=` of a second of sound at 8 kHz. */
const playedSamples = 8000

/** A channel of Asterisk as an AGI application sees it: it is up or hung up, has variables, and plays nothing for no time. Pure: lines in, lines out. */
export class PlayedChannel {
  readonly variables: Map<string, string>
  readonly #options: PlayedChannelOptions
  readonly #digits: string[]
  readonly #database = new Map<string, string>()
  #state: 'ringing' | 'up' | 'hung up' = 'ringing'
  #hasFailed = false
  #hasEnded = false

  /** @throws DataError for digits that no telephone has, or a NUL in a variable */
  constructor(options: PlayedChannelOptions = {}) {
    this.#options = options
    const wrongDigits = options.digits?.find((digits) => !/^[0-9*#A-D]*$/i.test(digits))
    if (wrongDigits !== undefined) throw new DataError(`"${wrongDigits}" are no digits of a telephone`)
    const wrong = Object.entries(options.variables ?? {}).find(([, value]) => value.includes('\0'))
    if (wrong) throw new DataError(`There is a NUL in the value of the variable ${wrong[0]}`)
    this.variables = new Map(Object.entries(options.variables ?? {}))
    this.#digits = [...(options.digits ?? [])]
  }

  get status(): AgiStatus {
    if (this.#hasFailed) return 'FAILURE'
    return this.#state === 'hung up' ? 'HANGUP' : 'SUCCESS'
  }

  /** Has the session ended by what the application said? */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** The caller hangs up. @returns what the application is told, nothing the second time */
  hangUp(): Buffer | undefined {
    if (this.#state === 'hung up') return undefined
    this.#state = 'hung up'
    return hangupLine
  }

  /** @param line without its LF @returns what is said to it: nothing to a line with a NUL, which Asterisk forgets */
  take(line: Buffer): { command: AgiCommand; said: Buffer | undefined } {
    const command = readCommand(line)
    if (isFailureLine(line)) {
      this.#hasFailed = true
      this.#hasEnded = true
      return { command, said: undefined }
    }
    if (line.includes(0)) return { command, said: undefined }
    return { command, said: this.#options.answer?.(command) ?? this.#answer(command) }
  }

  #answer({ definition, args }: AgiCommand): Buffer {
    if (!definition) return unknownCommandReply
    if (this.#state === 'hung up' && !definition.runsOnDeadChannel) return deadChannelReply
    const { name, requiredArguments, syntax, description } = definition
    if (args.length < requiredArguments || args.length > (mostArguments[name] ?? args.length)) {
      return encodeUsage([` Usage: ${name} ${syntax}`.trimEnd(), ` ${description}.`])
    }
    const reply = encodeResult(this.#run(name, args))
    return name === 'HANGUP' && args.length === 0 ? Buffer.concat([reply, this.hangUp() ?? Buffer.alloc(0)]) : reply
  }

  #run(name: string, args: readonly string[]): ResultReply {
    const [first = '', second = '', third = ''] = args
    switch (name) {
      case 'ANSWER':
        this.#state = 'up'
        return { result: 0 }
      case 'CHANNEL STATUS':
        return { result: first !== '' ? -1 : this.#state === 'up' ? 6 : 4 }
      case 'HANGUP':
        return { result: args.length === 0 ? 1 : -1 }
      case 'VERBOSE':
        return { result: 1 }
      case 'SET VARIABLE':
        this.variables.set(first.replace(/^_{1,2}/, ''), second)
        return { result: 1 }
      case 'GET VARIABLE':
        return valueReply(this.variables.get(first))
      case 'GET FULL VARIABLE':
        return valueReply(first.replace(/\$\{(\w+)\}/g, (_, variable: string) => this.variables.get(variable) ?? ''))
      case 'DATABASE PUT':
        this.#database.set(`${first}/${second}`, third)
        return { result: 1 }
      case 'DATABASE GET':
        return valueReply(this.#database.get(`${first}/${second}`))
      case 'DATABASE DEL':
        return { result: this.#database.delete(`${first}/${second}`) ? 1 : 0 }
      case 'EXEC':
        return { result: isAmong(first, this.#options.missingApplications) ? -2 : 0 }
      case 'GET DATA':
        return this.#digits.length > 0 ? { result: this.#digits.shift()! } : { result: '', value: 'timeout' }
      case 'STREAM FILE':
      case 'CONTROL STREAM FILE':
      case 'GET OPTION':
        return this.#play(first)
      default:
        return { result: 0 }
    }
  }

  #play(file: string): ResultReply {
    if (!isAmong(file, this.#options.missingFiles)) return { result: 0, attributes: { endpos: playedSamples } }
    // The session goes on, and the dialplan is told all the same.
    this.#hasFailed = true
    return { result: -1, attributes: { endpos: 0 } }
  }
}

function valueReply(value: string | undefined): ResultReply {
  if (value === undefined) return { result: 0 }
  return { result: 1, value: Buffer.from(value).subarray(0, longestValueBytes).toString('utf8') }
}

function isAmong(name: string, names: readonly string[] = []): boolean {
  return names.some((one) => one.toLowerCase() === name.toLowerCase())
}
