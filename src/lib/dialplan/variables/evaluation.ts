import type { ConfigFiles } from '../../asterisk-config/files.js'
import type { Dialplan } from '../dialplan.js'
import type { Channel } from './channel.js'
import type { EndpointDirectory } from './endpoint-directory.js'

/** What a dialplan runs in: all that is not the call itself. Strings have one character a byte. */
export interface Scene {
  readonly dialplan: Dialplan
  readonly globals: Map<string, string>
  readonly endpoints: EndpointDirectory
  /** For AST_CONFIG. */
  readonly files: ConfigFiles
  /** Values that were given for functions, by the call as it is written: `DEVICE_STATE(PJSIP/alice)`. */
  readonly given: ReadonlyMap<string, string>
  /** AstDB, by family/key. */
  readonly database: Map<string, string>
  readonly now: Date
  /** That of the Asterisk; undefined for that of this machine. */
  readonly timeZone: string | undefined
  /** From 0 to below 1. */
  readonly random: () => number
}

/** Who is told what happens while values are put in. */
export interface Notes {
  /** What Asterisk would write into its log. */
  warn(message: string): void
  /** A value that cannot be known here, and was taken to be empty. */
  unknown(what: string): void
}

export interface Evaluation {
  readonly scene: Scene
  readonly channel: Channel
  readonly notes: Notes
}

/** A function of the dialplan that is read or written. */
export interface FunctionCall extends Evaluation {
  readonly name: string
  /** What stands between the parentheses. */
  readonly data: string
  /** Puts variables into text. */
  substitute(text: string): string
  /** Sets a variable, or writes a function; undefined takes a variable away. */
  set(name: string, value: string | undefined): void
}

export interface DialplanFunction {
  /** Undefined is a failure, which leaves nothing. */
  readonly read?: (call: FunctionCall) => string | undefined
  readonly write?: (call: FunctionCall, value: string) => void
  /** It has no plain `read` in Asterisk, so that an expression cannot call it. */
  readonly isClosedToExpressions?: true
}

export type FunctionTable = Readonly<Record<string, DialplanFunction>>
