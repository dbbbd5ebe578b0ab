import { PbxkitError } from '../errors.js'
import type { SipReply } from '../sip/message.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import { type SipTarget, targetName } from '../sip-transport/target.js'
import type { UserAgent } from '../uac/user-agent.js'
import { FixedTargets } from './fixed-targets.js'
import type { Registration } from './registration.js'
import type { Purpose, Step } from './registration-state.js'
import { retryAfterOf } from './reply-facts.js'
import type { SendWindow } from './send-window.js'
import type { TargetBreaker } from './target-breaker.js'

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

// RFC 3261 18.1.1: over this length a request may not go over UDP where the path's MTU is not known.
const maxDatagramBytes = 1300

/** One attempt of an account: from target to target, through challenges and redirects, until the registrar has said yes or no, or nobody answers. */
export async function attempt(registration: Registration, purpose: Purpose, context: AttemptContext): Promise<AttemptEnd> {
  return new Attempt(registration, context).run(purpose)
}

class Attempt {
  readonly #registration: Registration
  readonly #context: AttemptContext
  #flow: TransportFlow | undefined
  #target: string | undefined
  #roundTripMs: number | undefined
  #detail: string | undefined
  #retryAfterS: number | undefined

  constructor(registration: Registration, context: AttemptContext) {
    this.#registration = registration
    this.#context = context
  }

  async run(purpose: Purpose): Promise<AttemptEnd> {
    const registration = this.#registration
    const { breaker } = this.#context
    const targets = await this.#resolve(registration.route)
    const admitted = targets.filter((target) => !breaker.isOpen(targetName(target)))
    const probe = targets.find((target) => breaker.takeProbe(targetName(target)))
    if (targets.length > 0 && admitted.length === 0 && !probe) return { kind: 'parked', target: targetName(targets[0]!) }
    registration.begin(purpose)
    try {
      return await this.#follow(probe ? [probe, ...admitted] : admitted)
    } finally {
      if (probe) breaker.endProbe(targetName(probe))
    }
  }

  /** From the first targets to those of redirects. */
  async #follow(first: readonly SipTarget[]): Promise<AttemptEnd> {
    const registration = this.#registration
    let targets = first
    for (;;) {
      const step = await this.#tryAll(targets)
      if (step.do === 'end') return this.#end(step)
      if (step.do !== 'redirect') return this.#end(registration.exhausted(this.#retryAfterS))
      registration.redirectTo(step.uris[0]!)
      targets = await this.#resolve(step.uris)
    }
  }

  #end(step: Step): AttemptEnd {
    return {
      kind: 'end',
      waitMs: step.do === 'end' ? step.waitMs : undefined,
      ...{ flow: this.#flow, target: this.#target, roundTripMs: this.#roundTripMs, detail: this.#detail }
    }
  }

  /** @returns an end, a redirect, or 'next target' when none is left */
  async #tryAll(targets: readonly SipTarget[]): Promise<Step> {
    const { agent, breaker } = this.#context
    for (const target of targets) {
      const name = targetName(target)
      this.#target = name
      const step = await this.#tryOne(target)
      if (step.do !== 'next target') return step
      agent.blacklist.block(target, step.blockMs)
      if (this.#registration.code === undefined) breaker.failed(name)
    }
    return { do: 'next target', blockMs: undefined }
  }

  async #tryOne(target: SipTarget): Promise<Step> {
    const { agent } = this.#context
    let isFresh = false
    for (;;) {
      let flow: TransportFlow
      try {
        flow = await agent.flowTo(target)
      } catch (error) {
        return this.#failed(error, 'unreachable')
      }
      const step = await this.#talk(flow)
      // A connection that was open before may have been dead for long: one more, on a new one.
      if (step !== 'lost') return step
      if (isFresh || !flow.reliable) return this.#registration.fail('unreachable')
      isFresh = true
    }
  }

  /** Requests on one flow, as long as the replies ask for more. */
  async #talk(given: TransportFlow): Promise<Step | 'lost'> {
    const registration = this.#registration
    let flow = given
    for (;;) {
      let request: ReturnType<Registration['request']>
      try {
        request = registration.request(flow)
        if (request.bytes.length > maxDatagramBytes && flow.target.transport === 'udp' && !this.#context.udpOnly) {
          flow = await this.#overTcp(flow)
          request = registration.request(flow)
        }
      } catch (error) {
        this.#detail = error instanceof PbxkitError ? error.message : String(error)
        if (!(error instanceof PbxkitError)) throw error
        return registration.broken()
      }
      this.#flow = flow
      const outcome = await this.#transact(request, flow)
      if (outcome.kind !== 'reply') {
        if (outcome.kind === 'timeout') return this.#failed(undefined, 'timeout')
        this.#note(outcome.cause)
        return 'lost'
      }
      const { reply, roundTripMs } = outcome
      this.#roundTripMs = roundTripMs
      this.#context.agent.blacklist.clear(flow.target)
      this.#context.breaker.answered(targetName(flow.target))
      this.#context.onReply?.(reply, roundTripMs)
      this.#detail = reply.start.status >= 300 ? reply.start.reason : undefined
      this.#retryAfterS = retryAfterOf(reply)
      const step = registration.receive(reply, flow)
      if (step.do !== 'send') return step
    }
  }

  /** A peer that has no TCP gets it over UDP all the same (RFC 3261 18.1.1). */
  #overTcp(flow: TransportFlow): Promise<TransportFlow> {
    return this.#context.agent.flowTo({ ...flow.target, transport: 'tcp' }).catch(() => flow)
  }

  #transact(request: ReturnType<Registration['request']>, flow: TransportFlow): Promise<Outcome> {
    const { agent, window, requestTimeoutMs: timeoutMs, now } = this.#context
    return new Promise((resolve) => {
      const startMs = now()
      const transaction = agent.table.send(
        request,
        flow,
        {
          onReply: (reply) => {
            if (reply.start.status < 200) return
            const roundTripMs = now() - startMs
            window.unwatch(transaction, roundTripMs)
            // Timer K would only take up copies of the reply, and keep 2 KiB for each of 10,000 accounts: copies are dropped as unknown just as well.
            transaction.stop()
            resolve({ kind: 'reply', reply, roundTripMs })
          },
          onFailure: (kind, cause) => {
            window.unwatch(transaction)
            resolve({ kind, cause })
          }
        },
        { timeoutMs }
      )
      window.watch(transaction)
    })
  }

  #failed(error: unknown, reason: 'timeout' | 'unreachable'): Step {
    if (error !== undefined && !(error instanceof PbxkitError)) throw error
    this.#detail = error?.message ?? `no reply from ${this.#target}`
    return this.#registration.fail(reason)
  }

  #note(cause: unknown): void {
    this.#detail = cause instanceof Error ? cause.message : 'the connection was lost'
  }

  async #resolve(uris: readonly string[]): Promise<SipTarget[]> {
    const { agent } = this.#context
    const known = FixedTargets.of(agent)
    const found: SipTarget[] = []
    for (const text of uris) {
      try {
        const targets = known.find(text, this.#registration.account.transport)
        found.push(...('then' in targets ? await targets : targets))
      } catch (error) {
        if (!(error instanceof PbxkitError)) throw error
        this.#detail = error.message
      }
    }
    return agent.blacklist.order(found)
  }
}

type Outcome = { kind: 'reply'; reply: SipReply; roundTripMs: number } | { kind: 'timeout' | 'transport'; cause: unknown }
