import { encodeCommand } from './command.js'

/** What the dialplan finds in BRIDGE_OUTCOME: the application had the call, never got it, or lost it. */
export type BridgeOutcome = 'SUCCESS' | 'FAILED' | 'DROPPED'

/** What the dialplan finds in BRIDGE_REASON when the outcome is no success. */
export type BridgeReason =
  /** Before the application has the call: FAILED. */
  | 'no-username'
  | 'not-connected'
  | 'app-econnrefused'
  | 'app-timeout'
  | 'app-error'
  | 'busy'
  /** While the application has it: DROPPED. */
  | 'tunnel-lost'
  | 'app-lost'
  | 'app-line-too-long'
  | 'app-command-denied'
  | 'hangup-grace'
  /** Before or while. */
  | 'server-shutdown'

/** What happens to a call on its way. */
export type CallEvent =
  /** The application has been reached. */
  | { readonly type: 'bridged' }
  /** The application closed in good order (FIN), or said `failure`. */
  | { readonly type: 'application-ended' }
  /** Asterisk closed: the caller hung up, or the application's `failure` line was read. */
  | { readonly type: 'asterisk-ended' }
  | { readonly type: 'broken'; readonly reason: BridgeReason }

export interface CallOutcome {
  readonly outcome: BridgeOutcome
  /** Undefined for a success, and when the caller was gone before anything could be said. */
  readonly reason: BridgeReason | undefined
  /** Is the call over? What happens later changes nothing. */
  readonly isFinal: boolean
}

/** Before anything has happened: a call that ends here has FAILED. */
export const callBegun: CallOutcome = { outcome: 'FAILED', reason: undefined, isFinal: false }

/** The outcome after one more event. The first end counts. */
export function nextOutcome(now: CallOutcome, event: CallEvent): CallOutcome {
  if (now.isFinal) return now
  const isBridged = now.outcome === 'SUCCESS'
  switch (event.type) {
    case 'bridged':
      return { outcome: 'SUCCESS', reason: undefined, isFinal: false }
    case 'application-ended':
      // An application that is gone before it was reached has never had the call.
      return isBridged ? { ...now, isFinal: true } : { outcome: 'FAILED', reason: 'not-connected', isFinal: true }
    case 'asterisk-ended':
      return { ...now, isFinal: true }
    case 'broken':
      return { outcome: isBridged ? 'DROPPED' : 'FAILED', reason: event.reason, isFinal: true }
  }
}

/** The outcome of all that happened. */
export function outcomeOf(events: Iterable<CallEvent>): CallOutcome {
  let outcome = callBegun
  for (const event of events) outcome = nextOutcome(outcome, event)
  return outcome
}

/**
 * The commands that tell the dialplan, the reason first: who waits for BRIDGE_OUTCOME then has both. Each is answered; the next may only be sent after that.
 */
export function outcomeCommands({ outcome, reason }: Pick<CallOutcome, 'outcome' | 'reason'>): readonly Buffer[] {
  const known = outcomes.get(`${outcome} ${reason ?? ''}`)
  if (known) return known
  const pairs = [...(reason ? [['BRIDGE_REASON', reason]] : []), ['BRIDGE_OUTCOME', outcome]]
  const commands = pairs.map(([name, value]) => encodeCommand(['SET VARIABLE', name!, value!]))
  outcomes.set(`${outcome} ${reason ?? ''}`, commands)
  return commands
}

/** Every call says one of them, and there are a dozen. */
const outcomes = new Map<string, readonly Buffer[]>()

/**
 * What a lost call says to Asterisk in one go, with a FIN behind it: Asterisk then reads on without waiting for more bytes, and `failure` makes
 * AGISTATUS=FAILURE, which no closing of the connection does.
 */
export function droppedLines(reason: BridgeReason): Buffer {
  return Buffer.concat([...outcomeCommands({ outcome: 'DROPPED', reason }), Buffer.from(`failure: ${reason}\n`)])
}
