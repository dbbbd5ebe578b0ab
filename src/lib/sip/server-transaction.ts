import { buildReply, type ReplyParts } from './build.js'
import type { SipRequest } from './message.js'
import type { WheelTimer } from './timer-wheel.js'
import type { SipFlow, TransactionContext } from './transport.js'

export type ServerState = 'trying' | 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'terminated'

export interface ServerHandlers {
  /** The ACK for our final reply of 300 and more did not come (timer H), or the one for our 2xx (RFC 3261 13.3.1.4). */
  onNoAck?: () => void
}

/**
 * One received request and our replies to it (RFC 3261 17.2; 'accepted' is of RFC 6026). Copies of the request are answered with the last
 * reply, and do not reach the application twice. A 2xx to an INVITE is repeated here until its ACK comes, so that nobody above needs a timer.
 */
export class ServerTransaction {
  readonly request: SipRequest
  readonly flow: SipFlow
  readonly #context: TransactionContext
  readonly #handlers: ServerHandlers
  readonly #onEnd: () => void
  readonly #isInvite: boolean
  #state: ServerState = 'trying'
  #last: Buffer | undefined
  #repeat: WheelTimer | undefined
  #limit: WheelTimer | undefined

  constructor(request: SipRequest, flow: SipFlow, context: TransactionContext, handlers: ServerHandlers, onEnd: () => void) {
    this.request = request
    this.flow = flow
    this.#context = context
    this.#handlers = handlers
    this.#onEnd = onEnd
    this.#isInvite = request.start.method === 'INVITE'
  }

  get state(): ServerState {
    return this.#state
  }

  /** Answers. After a final reply nothing more is sent, and false is returned. @throws UnsafeHeaderError */
  reply(parts: ReplyParts): boolean {
    if (this.#state !== 'trying' && this.#state !== 'proceeding') return false
    this.#last = buildReply(this.request, parts)
    if (parts.status < 200) this.#state = 'proceeding'
    else if (this.#isInvite) this.#completeInvite(parts.status)
    else this.#complete()
    this.flow.send(this.#last)
    return true
  }

  /** The same request once more. */
  receiveCopy(): void {
    // 'accepted' repeats its reply by itself, and a copy says that it is needed now.
    if (this.#last && this.#state !== 'confirmed' && this.#state !== 'terminated') this.flow.send(this.#last)
  }

  /** The ACK for the final reply. */
  receiveAck(): void {
    if (this.#state !== 'completed' || !this.#isInvite) return
    this.#state = 'confirmed'
    this.#repeat?.cancel()
    this.#limit?.cancel()
    // Timer I takes up copies of the ACK.
    this.#limit = this.#after(this.flow.reliable ? 0 : this.#context.timers.t4Ms, () => this.stop())
  }

  /** The ACK for a 2xx, which has a branch of its own: the application says that it has come. Copies of the INVITE are still taken up. */
  acknowledge(): void {
    if (this.#state !== 'accepted') return
    this.#repeat?.cancel()
    this.#repeat = undefined
    this.#limit?.cancel()
    this.#limit = this.#after(64 * this.#context.timers.t1Ms, () => this.stop())
    this.#last = undefined
  }

  /** The transport is gone. */
  stop(): void {
    if (this.#state === 'terminated') return
    this.#state = 'terminated'
    this.#repeat?.cancel()
    this.#limit?.cancel()
    this.#onEnd()
  }

  #complete(): void {
    this.#state = 'completed'
    // Timer J: as long as the peer may repeat its request.
    this.#limit = this.#after(this.flow.reliable ? 0 : 64 * this.#context.timers.t1Ms, () => this.stop())
  }

  #completeInvite(status: number): void {
    const { t1Ms } = this.#context.timers
    this.#state = status < 300 ? 'accepted' : 'completed'
    // Timer G. A 2xx is repeated over reliable transports too: a proxy behind them may have lost it (RFC 3261 13.3.1.4).
    if (status < 300 || !this.flow.reliable) this.#repeatAfter(t1Ms)
    // Timers H and L.
    this.#limit = this.#after(64 * t1Ms, () => {
      this.stop()
      this.#handlers.onNoAck?.()
    })
  }

  #repeatAfter(delayMs: number): void {
    this.#repeat = this.#after(delayMs, () => {
      this.#repeatAfter(Math.min(2 * delayMs, this.#context.timers.t2Ms))
      if (this.#last) this.flow.send(this.#last)
    })
  }

  #after(delayMs: number, task: () => void): WheelTimer {
    return this.#context.wheel.after(delayMs, task)
  }
}
