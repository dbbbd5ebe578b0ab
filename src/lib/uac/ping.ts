import { PbxkitError } from '../errors.js'
import type { TlsFacts } from '../net/tls-facts.js'
import { readOr } from '../sip/fault.js'
import type { SipReply } from '../sip/message.js'
import { type SipTarget, targetName } from '../sip-transport/target.js'
import type { RequestDraft } from './draft.js'
import { type ExchangeOptions, exchange } from './exchange.js'
import type { UserAgent } from './user-agent.js'

/** What one OPTIONS came to. */
export type Ping = PingReply | PingFailure

export interface PingReply {
  sequence: number
  status: number
  reason: string
  roundTripMs: number
  target: SipTarget
  /** Server or User-Agent, as the peer calls itself. */
  server?: string | undefined
  allow: string[]
  supported: string[]
  accept: string[]
  tls?: TlsFacts | undefined
}

export interface PingFailure {
  sequence: number
  error: PbxkitError
}

export interface PingOptions extends ExchangeOptions {
  /** 0: until the signal. */
  count: number
  /** From one request to the next. */
  intervalMs: number
  /** No further request after so long; undefined for ever. */
  deadlineMs?: number | undefined
}

/**
 * Asks again and again whether a peer is alive. Any final reply says so, also a refusal (RFC 3261 11.2).
 * @param draft makes the request anew for each: every ping is a call of its own
 */
export async function* ping(agent: UserAgent, draft: () => RequestDraft, options: PingOptions): AsyncGenerator<Ping> {
  const { count, intervalMs, deadlineMs = Number.POSITIVE_INFINITY, signal } = options
  const startMs = performance.now()
  for (let sequence = 1; count === 0 || sequence <= count; sequence++) {
    const dueMs = startMs + (sequence - 1) * intervalMs
    if (dueMs - startMs > deadlineMs) return
    await pause(agent, dueMs - performance.now(), signal)
    if (signal?.aborted) return
    try {
      yield await pingOnce(agent, draft(), sequence, options)
    } catch (error) {
      if (signal?.aborted) return
      if (!(error instanceof PbxkitError)) throw error
      yield { sequence, error }
    }
  }
}

async function pingOnce(agent: UserAgent, draft: RequestDraft, sequence: number, options: PingOptions): Promise<PingReply> {
  const { reply, roundTripMs, flow } = await exchange(agent, draft, options)
  return { sequence, roundTripMs, target: flow.target, tls: flow.tls, ...factsOf(reply) }
}

function factsOf(reply: SipReply) {
  const { status, reason } = reply.start
  // A header that cannot be read is no reason to call a peer dead.
  const list = (name: string): string[] => readOr(() => reply.values(name), [])
  return {
    ...{ status, reason },
    server: reply.text('Server') ?? reply.text('User-Agent'),
    allow: list('Allow'),
    supported: list('Supported'),
    accept: list('Accept')
  }
}

/** Waits, unless the signal comes first. */
export function pause(agent: UserAgent, ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms <= 0 || signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = agent.wheel.after(ms, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** One hop on the way (`--traceroute`). */
export interface Hop {
  maxForwards: number
  ping: Ping
}

/**
 * The proxies on the way: with Max-Forwards 0 the first one answers 483, with 1 the second (RFC 3261 16.3). It ends with the first other
 * reply, or with silence.
 */
export async function* traceroute(
  agent: UserAgent,
  draft: () => RequestDraft,
  { maxHops, ...options }: ExchangeOptions & { maxHops: number }
): AsyncGenerator<Hop> {
  for (let maxForwards = 0; maxForwards < maxHops; maxForwards++) {
    for await (const one of ping(agent, () => ({ ...draft(), maxForwards }), { ...options, count: 1, intervalMs: 0 })) {
      yield { maxForwards, ping: one }
      if (!('status' in one) || one.status !== 483) return
    }
    if (options.signal?.aborted) return
  }
}

/** JSON of a ping. */
export function pingRow(one: Ping): Record<string, unknown> {
  if (!('status' in one)) return { sequence: one.sequence, error: { code: one.error.code, message: one.error.message } }
  const { target, roundTripMs, ...rest } = one
  return { ...rest, roundTripMs: Math.round(roundTripMs * 1000) / 1000, target: targetName(target) }
}
