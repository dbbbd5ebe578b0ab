import { PbxkitError } from '../errors.js'
import type { SentRequest } from '../sip/build.js'
import type { ClientHandlers, ClientTransaction } from '../sip/client-transaction.js'
import type { SipReply } from '../sip/message.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import { type SipTarget, targetName } from '../sip-transport/target.js'
import type { AttemptContext, AttemptEnd, AttemptListener } from './attempt-context.js'
import { FixedTargets } from './fixed-targets.js'
import { PortWatch } from './port-watch.js'
import type { Registration } from './registration.js'
import type { Purpose, Step } from './registration-state.js'
import { retryAfterOf } from './reply-facts.js'

// RFC 3261 18.1.1: over this length a request may not go over UDP where the path's MTU is not known.
const maxDatagramBytes = 1300

/** One attempt of an account: from target to target, through challenges and redirects, until the registrar has said yes or no, or nobody answers. */
export function attempt(registration: Registration, purpose: Purpose, context: AttemptContext): Promise<AttemptEnd> {
  return new Promise((onEnd, onFault) => startAttempt(registration, purpose, context, { onEnd, onFault }))
}

/** The same for whoever has thousands of them: where targets and flows are known nothing waits, and no promise is made. */
export function startAttempt(
  registration: Registration,
  purpose: Purpose,
  context: AttemptContext,
  listener: AttemptListener
): void {
  new Attempt(registration, context, listener).start(purpose)
}

class Attempt implements ClientHandlers {
  readonly #registration: Registration
  readonly #context: AttemptContext
  readonly #listener: AttemptListener
  #targets: readonly SipTarget[] = []
  /** The target that is tried. */
  #at = 0
  #target: string | undefined
  /** The target that this attempt looks after for all others. */
  #probed: string | undefined
  /** Its connection was opened for this attempt a second time. */
  #isFresh = false
  #isReliable = false
  #flow: TransportFlow | undefined
  #transaction: ClientTransaction | undefined
  #unwatchPort: (() => void) | undefined
  #startMs = 0
  #roundTripMs: number | undefined
  #detail: string | undefined
  #retryAfterS: number | undefined

  constructor(registration: Registration, context: AttemptContext, listener: AttemptListener) {
    this.#registration = registration
    this.#context = context
    this.#listener = listener
  }

  start(purpose: Purpose): void {
    this.#guard(() => this.#resolve(this.#registration.route, (targets) => this.#begin(purpose, targets)))
  }

  onReply(reply: SipReply): void {
    if (reply.start.status < 200) return
    try {
      this.#replied(reply)
    } catch (error) {
      this.#fault(error)
    }
  }

  onFailure(kind: 'timeout' | 'transport', cause?: unknown): void {
    this.#guard(() => this.#unanswered(kind, cause))
  }

  /** Replies and timers come from wheels and sockets, which a fault of ours must not reach. */
  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#fault(error)
    }
  }

  #fault(error: unknown): void {
    this.#endProbe()
    this.#listener.onFault(error)
  }

  #begin(purpose: Purpose, targets: readonly SipTarget[]): void {
    const { breaker } = this.#context
    let admitted = targets
    if (!breaker.isQuiet) {
      admitted = targets.filter((target) => !breaker.isOpen(targetName(target)))
      const probe = targets.find((target) => breaker.takeProbe(targetName(target)))
      if (probe) {
        this.#probed = targetName(probe)
        admitted = [probe, ...admitted]
      } else if (targets.length > 0 && admitted.length === 0) {
        return this.#listener.onEnd({ kind: 'parked', target: targetName(targets[0]!) })
      }
    }
    this.#registration.begin(purpose)
    this.#tryAll(admitted)
  }

  #tryAll(targets: readonly SipTarget[]): void {
    this.#targets = targets
    this.#at = 0
    this.#tryNext()
  }

  #tryNext(): void {
    const target = this.#targets[this.#at]
    if (!target) return this.#end(this.#registration.exhausted(this.#retryAfterS))
    this.#target = targetName(target)
    this.#isFresh = false
    this.#connect(target)
  }

  #connect(target: SipTarget): void {
    const { agent } = this.#context
    const open = agent.openFlowTo(target)
    if (open) return this.#connected(open)
    agent.flowTo(target).then(
      (flow) => this.#guard(() => this.#connected(flow)),
      (error) => this.#guard(() => this.#follow(this.#failed(error, 'unreachable')))
    )
  }

  #connected(flow: TransportFlow): void {
    this.#isReliable = flow.reliable
    this.#talk(flow)
  }

  /** The next request on a flow. */
  #talk(flow: TransportFlow): void {
    const request = this.#request(flow)
    if (!request) return
    if (request.bytes.length <= maxDatagramBytes || flow.target.transport !== 'udp' || this.#context.udpOnly) {
      return this.#send(request, flow)
    }
    // A peer that has no TCP gets it over UDP all the same (RFC 3261 18.1.1).
    const overTcp = this.#context.agent.flowTo({ ...flow.target, transport: 'tcp' }).catch(() => flow)
    void overTcp.then((other) =>
      this.#guard(() => {
        const again = this.#request(other)
        if (again) this.#send(again, other)
      })
    )
  }

  /** @returns undefined where the account has a value that cannot stand in one, which ends it */
  #request(flow: TransportFlow): SentRequest | undefined {
    try {
      return this.#registration.request(flow)
    } catch (error) {
      if (!(error instanceof PbxkitError)) throw error
      this.#detail = error.message
      this.#end(this.#registration.broken())
      return undefined
    }
  }

  #send(request: SentRequest, flow: TransportFlow): void {
    const { agent, window, requestTimeoutMs: timeoutMs, now } = this.#context
    this.#flow = flow
    this.#startMs = now()
    // Timer K would only take up copies of the reply, and keep 2 KiB for each of 10,000 accounts: copies are dropped as unknown just as well.
    this.#transaction = agent.table.send(request, flow, this, { timeoutMs, endsWithReply: true })
    window.watch(this.#transaction)
    if (!flow.reliable) this.#unwatchPort = PortWatch.of(agent).watch(this.#transaction, flow.target, this.#onRefused)
  }

  /** Nothing listens on the registrar's port: there is no use in more repeats. */
  readonly #onRefused = (cause: Error): void => {
    this.#transaction!.stop()
    this.onFailure('transport', cause)
  }

  #unwatch(roundTripMs?: number): void {
    this.#context.window.unwatch(this.#transaction!, roundTripMs)
    this.#unwatchPort?.()
    this.#unwatchPort = undefined
  }

  #replied(reply: SipReply): void {
    const { agent, breaker, now, onReply } = this.#context
    const { status, reason } = reply.start
    const flow = this.#flow!
    this.#roundTripMs = now() - this.#startMs
    this.#unwatch(this.#roundTripMs)
    agent.blacklist.clear(flow.target)
    if (!breaker.isQuiet) breaker.answered(targetName(flow.target))
    onReply?.(reply, this.#roundTripMs)
    this.#detail = status >= 300 ? reason : undefined
    this.#retryAfterS = status >= 300 ? retryAfterOf(reply) : undefined
    this.#follow(this.#registration.receive(reply, flow))
  }

  #unanswered(kind: 'timeout' | 'transport', cause: unknown): void {
    this.#unwatch()
    if (kind === 'timeout') return this.#follow(this.#failed(undefined, 'timeout'))
    this.#detail = this.#wordsFor(cause)
    if (this.#isFresh || !this.#isReliable) return this.#follow(this.#registration.fail('unreachable'))
    // A connection that was open before may have been dead for long: one more, on a new one.
    this.#isFresh = true
    this.#connect(this.#targets[this.#at]!)
  }

  #wordsFor(cause: unknown): string {
    if ((cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED')
      return `${this.#target}: nothing listens there (ECONNREFUSED)`
    return cause instanceof Error ? cause.message : 'the connection was lost'
  }

  #follow(step: Step): void {
    switch (step.do) {
      case 'send':
        return this.#talk(this.#flow!)
      case 'end':
        return this.#end(step)
      case 'redirect':
        this.#registration.redirectTo(step.uris[0]!)
        return this.#resolve(step.uris, (targets) => this.#tryAll(targets))
      case 'next target': {
        const { agent, breaker } = this.#context
        const target = this.#targets[this.#at++]!
        agent.blacklist.block(target, step.blockMs)
        if (this.#registration.code === undefined) breaker.failed(targetName(target))
        return this.#tryNext()
      }
    }
  }

  #end(step: Step): void {
    this.#endProbe()
    this.#listener.onEnd({
      kind: 'end',
      waitMs: step.do === 'end' ? step.waitMs : undefined,
      flow: this.#flow,
      target: this.#target,
      roundTripMs: this.#roundTripMs,
      detail: this.#detail
    })
  }

  #endProbe(): void {
    const probed = this.#probed
    this.#probed = undefined
    if (probed !== undefined) this.#context.breaker.endProbe(probed)
  }

  #failed(error: unknown, reason: 'timeout' | 'unreachable'): Step {
    if (error !== undefined && !(error instanceof PbxkitError)) throw error
    this.#detail = error?.message ?? `no reply from ${this.#target}`
    return this.#registration.fail(reason)
  }

  /** Hands over where URIs lead to: at once where that is known. */
  #resolve(uris: readonly string[], then: (targets: readonly SipTarget[]) => void): void {
    const { agent } = this.#context
    const { blacklist } = agent
    const known = FixedTargets.of(agent)
    const { transport } = this.#registration.account
    const only = uris.length === 1 ? known.get(uris[0]!, transport) : undefined
    if (only) return then(blacklist.isEmpty ? only : blacklist.order(only))
    const note = (error: PbxkitError) => {
      this.#detail = error.message
    }
    void known.findAll(uris, transport, note).then((found) => this.#guard(() => then(blacklist.order(found))))
  }
}
