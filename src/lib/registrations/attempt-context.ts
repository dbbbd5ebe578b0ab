import type { SipReply } from '../sip/message.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import type { UserAgent } from '../uac/user-agent.js'
import type { SendWindow } from './send-window.js'
import type { TargetBreaker } from './target-breaker.js'

/** What all attempts on one user agent have in common. */
export interface AttemptContext {
  agent: UserAgent
  window: SendWindow
  breaker: TargetBreaker
  requestTimeoutMs: number
  udpOnly: boolean
  now: () => number
  onReply?: ((reply: SipReply, roundTripMs: number) => void) | undefined
}

export type AttemptEnd =
  /** No target is there, and somebody else looks whether one is back. */
  | { kind: 'parked'; target: string }
  | {
      kind: 'end'
      waitMs: number | undefined
      flow?: TransportFlow | undefined
      /** `udp 192.0.2.1:5060` of the last request. */
      target?: string | undefined
      roundTripMs?: number | undefined
      /** What the last failure was, for people. */
      detail?: string | undefined
    }

/** Told when an attempt has ended, or met a fault of ours. */
export interface AttemptListener {
  onEnd: (end: AttemptEnd) => void
  onFault: (error: unknown) => void
}
