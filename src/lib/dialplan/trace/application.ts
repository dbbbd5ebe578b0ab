import type { Evaluation } from '../variables/evaluation.js'

/** What an application leaves the channel to do: go on, end, take a digit that was pressed, wait for more digits, or go to `e`. */
export type Outcome = 'continue' | 'hangup' | 'incomplete' | 'error' | { readonly digit: string }

/** What an application asks of the run of its channel. Strings have one character a byte. */
export interface Run {
  /** Goes to `[[context,]extension,]priority`; false, with a warning, when there is no such label. */
  goTo(location: string): boolean
  /** Does a priority exist, or could it with more digits? */
  exists(context: string, extension: string, priority: number, mode?: 'match' | 'canmatch' | 'matchmore'): boolean
  /** The application of a priority of the extension that is run, in small letters; undefined when there is none. */
  applicationAt(priority: number): string | undefined
  /** Runs an application within this step. */
  execute(application: string, data: string): Outcome
  /** The next digit that the caller presses; undefined for none in time. */
  nextDigit(): string | undefined
  /** Sends the channel to the `e` extension. */
  raise(reason: string, priority: number): void
  /** Runs a routine in a channel of its own, or the dialplan of a Local channel. */
  runLeg(request: LegRequest): LegResult
  /** What was chosen to come of a device; undefined when nobody chose. */
  chosenStatus(device: string, endpoint: string): string | undefined
  ring(device: string, endpoint: string, status: string): void
  note(text: string): void
}

export interface LegRequest {
  readonly name: string
  readonly context: string
  readonly extension: string
  readonly priority: number
  /** It is a routine whose Return ends it; its arguments. */
  readonly routineArguments?: readonly string[]
  /** It is a call that goes on where it was answered. */
  readonly isUp: boolean
}

export interface LegResult {
  readonly isFound: boolean
  readonly isAnswered: boolean
  readonly hangupCause: number
  readonly variable: (name: string) => string | undefined
}

export interface ApplicationCall extends Evaluation {
  /** In Asterisk's spelling. */
  readonly application: string
  /** Variables put in. */
  readonly data: string
  readonly run: Run
}

/** Sets a variable of the channel, or writes a function. */
export type Application = (call: ApplicationCall) => Outcome

/** By the name in Asterisk's spelling. */
export type ApplicationTable = Readonly<Record<string, Application>>
