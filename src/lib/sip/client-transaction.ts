import { buildAck, type OutgoingRequest, type SentRequest } from './build.js'
import type { SipReply } from './message.js'
import type { WheelTimer } from './timer-wheel.js'
import type { SipFlow, TransactionContext } from './transport.js'

export interface ClientHandlers {
  /** Every provisional reply, and the final one once; of an INVITE each 2xx that comes (a fork, or a copy that wants its ACK again). */
  onReply: (reply: SipReply) => void
  /** It ended without a final reply: nobody answered in time, or the transport failed. */
  onFailure: (reason: 'timeout' | 'transport', cause?: unknown) => void
}

export interface ClientOptions {
  /** Instead of 64 * T1 until the first reply (INVITE) or the final one: RFC 3261's timers B and F. */
  timeoutMs?: number | undefined
  /** The final reply to a request that is no INVITE ends it at once: timer K is left out, and copies of the reply are unknown. */
  endsWithReply?: boolean | undefined
}

export type ClientState = 'calling' | 'proceeding' | 'accepted' | 'completed' | 'terminated'

/**
 * One request of ours and its replies (RFC 3261 17.1; 'accepted' is of RFC 6026). It is told only of replies that are its own, and repeats
 * the same bytes until one comes. INVITE and the others differ in when they stop.
 */
export class ClientTransaction {
  readonly request: SentRequest
  readonly flow: SipFlow
  readonly #context: TransactionContext
  readonly #handlers: ClientHandlers
  readonly #onEnd: () => void
  readonly #isInvite: boolean
  #state: ClientState = 'calling'
  /** The next copy, or the end: whatever comes first. */
  #timer: WheelTimer | undefined
  /** Until timer B or F, counted from when #timer was set. */
  #leftMs = 0
  #ack: OutgoingRequest | undefined
  #sent = 0
  #endsWithReply = false

  /** @param onEnd it is over, and no reply is its own any more */
  constructor(request: SentRequest, flow: SipFlow, context: TransactionContext, handlers: ClientHandlers, onEnd: () => void) {
    this.request = request
    this.flow = flow
    this.#context = context
    this.#handlers = handlers
    this.#onEnd = onEnd
    this.#isInvite = request.method === 'INVITE'
  }

  get state(): ClientState {
    return this.#state
  }

  /** How often the request has gone out. */
  get sent(): number {
    return this.#sent
  }

  /** Sends it for the first time. Handlers are never called from here. */
  start({ timeoutMs, endsWithReply = false }: ClientOptions = {}): void {
    this.#endsWithReply = endsWithReply
    const { t1Ms } = this.#context.timers
    this.#leftMs = timeoutMs ?? 64 * t1Ms
    this.#send(this.flow.reliable ? this.#leftMs : t1Ms)
  }

  receive(reply: SipReply): void {
    const { status } = reply.start
    if (this.#state === 'terminated') return
    if (this.#state === 'accepted') {
      // Only a 2xx may come here (RFC 6026 7.2): whatever else is a late copy from another fork.
      if (status >= 200 && status < 300) this.#handlers.onReply(reply)
      return
    }
    if (this.#state === 'completed') {
      // Our ACK was lost. A second final reply to another request is a copy, and nobody waits for it.
      if (this.#ack && status >= 300) this.flow.send(this.#ack.bytes)
      return
    }
    if (status < 200) this.#proceed()
    else this.#complete(reply)
    this.#handlers.onReply(reply)
  }

  /** The transport says that it cannot be sent, or that the peer is not there (RFC 3261 17.1.4). */
  fail(cause: unknown): void {
    if (this.#state === 'calling' || this.#state === 'proceeding') this.#fail('transport', cause)
    else this.stop()
  }

  /** Ends it without a word. */
  stop(): void {
    if (this.#state === 'terminated') return
    this.#state = 'terminated'
    this.#timer?.cancel()
    this.#onEnd()
  }

  #send(nextMs: number): void {
    this.#sent++
    const waitMs = Math.min(nextMs, this.#leftMs)
    this.#timer = this.#after(waitMs, () => {
      this.#leftMs -= waitMs
      if (this.#leftMs > 0) this.#sendAgain(nextMs)
      else this.#fail('timeout')
    })
    this.flow.send(this.request.bytes)
  }

  /** Timers A (doubling) and E (doubling up to T2, and T2 at once after a provisional reply). */
  #sendAgain(lastMs: number): void {
    const { t2Ms } = this.#context.timers
    const doubled = 2 * lastMs
    this.#send(this.#isInvite ? doubled : this.#state === 'proceeding' ? t2Ms : Math.min(doubled, t2Ms))
  }

  #proceed(): void {
    if (this.#state !== 'calling') return
    this.#state = 'proceeding'
    if (!this.#isInvite) return
    // Somebody rings: the request is there, and how long a person takes is for the caller to limit.
    this.#timer?.cancel()
  }

  #complete(reply: SipReply): void {
    // What need not wait for copies, or cannot have any, waits for no timer.
    if (!this.#isInvite && (this.#endsWithReply || this.flow.reliable)) return this.stop()
    this.#timer?.cancel()
    const { t1Ms, t4Ms } = this.#context.timers
    if (this.#isInvite && reply.start.status < 300) {
      this.#state = 'accepted'
      this.#timer = this.#after(64 * t1Ms, () => this.stop())
      return
    }
    this.#state = 'completed'
    if (this.#isInvite) {
      this.#ack = buildAck(this.request as OutgoingRequest, reply)
      this.flow.send(this.#ack.bytes)
    }
    // Timers D (at least 32 s) and K: copies of the reply may still be on their way, where something can be on its way.
    const waitMs = this.flow.reliable ? 0 : this.#isInvite ? Math.max(32_000, 64 * t1Ms) : t4Ms
    this.#timer = this.#after(waitMs, () => this.stop())
  }

  #fail(reason: 'timeout' | 'transport', cause?: unknown): void {
    this.stop()
    this.#handlers.onFailure(reason, cause)
  }

  #after(delayMs: number, task: () => void): WheelTimer {
    return this.#context.wheel.after(delayMs, task)
  }
}
