import type { TransportFlow } from '../sip-transport/flow.js'
import type { UserAgent } from '../uac/user-agent.js'
import type { Registration } from './registration.js'
import type { Purpose } from './registration-state.js'

/** One account with what the keeper knows of it. */
export interface KeptRegistration {
  registration: Registration
  readonly agent: UserAgent
  timer: { cancel(): void } | undefined
  /** When its next request is due. */
  dueMs: number | undefined
  phase: 'idle' | 'queued' | 'running' | 'parked'
  /** What its next attempt is for. */
  purpose: Purpose
  flow: TransportFlow | undefined
  target: string | undefined
  roundTripMs: number | undefined
  detail: string | undefined
  /** Our side of its last flow. */
  local: string | undefined
  /** Something is wanted of it that a running attempt does not do. */
  again: boolean
  onLeft: (() => void) | undefined
}

export function keptRegistration(registration: Registration, agent: UserAgent): KeptRegistration {
  return {
    registration,
    agent,
    timer: undefined,
    dueMs: undefined,
    phase: 'idle',
    purpose: 'register',
    flow: undefined,
    target: undefined,
    roundTripMs: undefined,
    detail: undefined,
    local: undefined,
    again: false,
    onLeft: undefined
  }
}
