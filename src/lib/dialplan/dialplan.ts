import type { IncludeTiming } from './include-timing.js'

/** The priority that stands for a hint: none that runs. */
export const hintPriority = -1

/** One step of an extension. */
export interface Priority {
  /** From 1, or `hintPriority`. */
  readonly number: number
  readonly label: string | undefined
  /** For a hint: the devices. */
  readonly application: string
  /** What stands between the parentheses, with its variables. */
  readonly data: string
  /** As written in this line, without blanks: priorities of `555-1234` and `5551234`, or `_NX` and `_nx`, are of one extension. */
  readonly extension: string
  readonly file: string
  readonly line: number
}

/** An extension of a context, for one caller id or for all. */
export interface Extension {
  /** As written with its lowest priority; a pattern begins with `_`. */
  readonly name: string
  /** `/callerid`: only for callers whose number matches. The empty text is for callers without one. Undefined is for all. */
  readonly callerId: string | undefined
  /** By number, the hint first. */
  readonly priorities: readonly Priority[]
  /** By label. Of two of the same the one that was read first. */
  readonly labels: ReadonlyMap<string, Priority>
  /** What is matched: one character a byte. */
  readonly match: { readonly pattern: string; readonly callerId: string | undefined }
}

export interface Include {
  /** As written, with its timing. */
  readonly text: string
  readonly context: string
  readonly timing: IncludeTiming | undefined
  readonly file: string
  readonly line: number
}

/** `switch => name/data`, another place in which extensions are looked for. */
export interface Switch {
  readonly name: string
  readonly data: string
  /** `eswitch`: variables in the data are put in for each call. */
  readonly isEvaluated: boolean
  readonly file: string
  readonly line: number
}

export interface Context {
  readonly name: string
  /** In the order in which they are tried. */
  readonly extensions: readonly Extension[]
  /** Those that are no patterns, by their number without dashes, one character a byte. */
  readonly plain: ReadonlyMap<string, readonly Extension[]>
  readonly patterns: readonly Extension[]
  readonly includes: readonly Include[]
  readonly switches: readonly Switch[]
  readonly ignorePatterns: readonly string[]
  readonly hasAutoHints: boolean
  /** Where it begins first. */
  readonly file: string
  readonly line: number
}

export type DialplanProblemCode =
  | 'same-without-extension'
  | 'next-without-priority'
  | 'next-after-hint'
  | 'priority-invalid'
  | 'priority-by-label'
  | 'label-unclosed'
  | 'application-unclosed'
  | 'extension-empty'
  | 'priority-taken'
  | 'label-taken'
  | 'included-already'
  | 'include-timing'
  | 'any-extension'
  | 'set-unclosed'
  | 'unknown-setting'
  | 'not-substituted'

/** What Asterisk warns of when it loads the dialplan, or does without a word. */
export interface DialplanProblem {
  readonly code: DialplanProblemCode
  readonly message: string
  readonly file: string
  readonly line: number
}

/** An extensions.conf as Asterisk has it once it is loaded. */
export interface Dialplan {
  /** `[general]`, the first value of each name in lower case. */
  readonly general: ReadonlyMap<string, string>
  readonly globals: ReadonlyMap<string, string>
  /** By name, case counts; in the order in which they come in the file. */
  readonly contexts: ReadonlyMap<string, Context>
  readonly problems: readonly DialplanProblem[]
}
