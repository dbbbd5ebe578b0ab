import type { SystemWheel } from '../sip-transport/system-wheel.js'
import type { AgentPool } from './agent-pool.js'
import type { KeepAlive } from './flow-keeper.js'
import type { Chance, RegistrationPolicy } from './policy.js'
import type { RegistrationEvent, RegistrationEventKind } from './registration-event.js'

/** What all accounts have in common, and what is told of them. */
export interface KeeperOptions {
  policy: RegistrationPolicy
  agents: AgentPool
  wheel: Pick<SystemWheel, 'after'>
  now: () => number
  wallNow: () => number
  random: Chance
  /** Accounts that may have a request on its way. */
  window: number
  ratePerS?: number | undefined
  /** New accounts begin within this time, instead of at once. */
  spreadMs: number
  requestTimeoutMs: number
  udpOnly: boolean
  /** See `FlowUse`. */
  keepAlive: KeepAlive | 'auto'
  keepAliveMs: number
  /** For `nat: stun`. */
  stunServer?: { host: string; port: number } | undefined
  onEvent: (event: RegistrationEvent) => void
  /** Would anybody hear of it? An event that nobody does is not made. */
  isHeard?: ((event: RegistrationEventKind, warning: string | undefined) => boolean) | undefined
  /** A fault of ours: the account goes on, and somebody should hear of it. */
  onFault: (error: unknown) => void
}
