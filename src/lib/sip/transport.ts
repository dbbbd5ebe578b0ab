/** What a transaction sends on: one peer over one transport. Sockets are opened elsewhere. */
export interface SipFlow {
  /** As in a Via: `UDP`, `TCP`, `TLS`, `WS`, `WSS`. */
  readonly protocol: string
  /** Does it repeat what is lost by itself? Then transactions do not (RFC 3261 17). */
  readonly reliable: boolean
  /** Hands bytes over. It neither waits nor throws: a failure is told by `failFlow` or `fail`, and never from within this call. */
  send(bytes: Buffer): void
}

/** The times of RFC 3261, table 4. */
export interface SipTimers {
  /** A round trip. */
  t1Ms: number
  /** The longest wait between two copies of a request that is no INVITE, or of a final reply to an INVITE. */
  t2Ms: number
  /** How long a message may live in the network. */
  t4Ms: number
}

export const defaultTimers: SipTimers = { t1Ms: 500, t2Ms: 4000, t4Ms: 5000 }

/** What transactions need from outside. */
export interface TransactionContext {
  readonly wheel: { after(delayMs: number, task: () => void): { cancel(): void } }
  readonly timers: SipTimers
}
