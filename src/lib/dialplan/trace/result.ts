/** An extension that was looked at for a step and did not win, and why. */
export interface Rival {
  readonly extension: string
  readonly context: string
  readonly reason: string
  readonly file: string
  readonly line: number
}

/** One priority that ran, in text as people write it. */
export interface TraceStep {
  /** 0 is the caller; others are what Dial makes: Local channels, callees that run a routine. */
  readonly leg: number
  readonly context: string
  readonly extension: string
  readonly priority: number
  readonly label: string | undefined
  readonly application: string
  /** As it is written. */
  readonly data: string
  /** Variables put in. */
  readonly appData: string
  /** The extension that won, as it is written (`_X.`), and the context that it was found in. */
  readonly matched: string
  readonly matchedContext: string
  readonly file: string
  readonly line: number
  /** Told where the extension is another one than in the step before. */
  readonly rivals: readonly Rival[]
  /** What the step did: a branch, a device that rings. */
  readonly notes: string[]
  /** What Asterisk would warn of. */
  readonly warnings: string[]
  /** Functions whose values are not known here. */
  readonly unknown: string[]
}

/** What Dial or Queue would ring. */
export interface RungDevice {
  readonly leg: number
  /** `PJSIP/alice`, as it is dialled. */
  readonly device: string
  /** The endpoint of PJSIP, the trunk of a number, or what stands behind the technology. */
  readonly endpoint: string
  /** What was chosen to come of it: ANSWER, BUSY … */
  readonly status: string
  readonly file: string
  readonly line: number
}

/** How a leg came to its end. */
export type TraceEnd =
  | 'hangup'
  | 'fell-through'
  | 'no-context'
  | 'invalid'
  | 'no-timeout-extension'
  | 'error'
  | 'answered'
  | 'returned'
  | 'loop'
  | 'too-many-steps'

export interface Leg {
  readonly leg: number
  readonly channel: string
  readonly parent: number | undefined
  readonly end: TraceEnd
  /** Why, in a sentence. */
  readonly reason: string
  readonly isAnswered: boolean
  readonly hangupCause: number
}

export interface Trace {
  readonly number: string
  readonly context: string
  readonly from: string | undefined
  readonly steps: readonly TraceStep[]
  readonly devices: readonly RungDevice[]
  readonly legs: readonly Leg[]
  readonly dialStatus: string
  /** Of the caller when it is over, without those that Asterisk keeps for itself. */
  readonly variables: Readonly<Record<string, string>>
}
