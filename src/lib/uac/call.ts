import { buildCancel, type OutgoingRequest } from '../sip/build.js'
import type { ClientTransaction } from '../sip/client-transaction.js'
import type { SipReply, SipRequest } from '../sip/message.js'
import type { WheelTimer } from '../sip/timer-wheel.js'
import { Dialog } from './dialog.js'
import type { RequestDraft } from './draft.js'
import { type Answer, type ExchangeOptions, exchange, type Sent } from './exchange.js'
import type { UserAgent } from './user-agent.js'

export interface CallOptions extends Omit<ExchangeOptions, 'onSuccess'> {
  /** CANCEL when nobody has answered after so long. */
  cancelAfterMs: number
  /** BYE so long after the answer; 0 at once. */
  byeAfterMs: number
}

export interface CallResult {
  /** The final reply to the INVITE. */
  answer: Answer
  /** Who ended an answered call; undefined when nobody answered. */
  endedBy?: 'us' | 'peer' | undefined
  /** The reply to our BYE; undefined without one, or when it was not answered. */
  bye?: Answer | undefined
  /** 2xx of other forks, which were acknowledged and ended. */
  forks: number
}

/** One call that is answered by one 2xx; each fork has its own. */
interface Leg {
  dialog: Dialog
  ack: ReturnType<Dialog['ack']>
}

/**
 * Calls, acknowledges, and hangs up: an INVITE with all that it wants (RFC 3261 13.2). There is no media: an offer should say inactive.
 * Every 2xx is acknowledged, also of forks, which are ended at once (13.2.2.4). It needs an agent with `udp: 'shared'` where requests of the
 * peer may come past the server.
 * @throws as `exchange` does
 */
export async function call(agent: UserAgent, draft: RequestDraft, options: CallOptions): Promise<CallResult> {
  const running = new RunningCall(agent, options)
  try {
    return await running.run(draft)
  } finally {
    running.stop()
  }
}

class RunningCall {
  readonly #agent: UserAgent
  readonly #options: CallOptions
  readonly #legs = new Map<string, Leg>()
  readonly #ends: Promise<unknown>[] = []
  readonly #stopHandling: () => void
  #peerHungUp!: () => void
  readonly #hungUp = new Promise<'peer'>((resolve) => {
    this.#peerHungUp = () => resolve('peer')
  })
  #ringing: ClientTransaction | undefined
  #isCancelled = false
  #timer: WheelTimer | undefined
  #stopWaiting = () => {}

  constructor(agent: UserAgent, options: CallOptions) {
    this.#agent = agent
    this.#options = options
    this.#stopHandling = agent.handleRequests((request) => this.#receive(request))
  }

  async run(draft: RequestDraft): Promise<CallResult> {
    const { signal } = this.#options
    const onAbort = () => this.#cancel()
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#timer = this.#agent.wheel.after(this.#options.cancelAfterMs, () => this.#cancel())
    try {
      const answer = await exchange(this.#agent, draft, {
        ...this.#options,
        // It ends with the reply to the CANCEL, not before: the peer would ring on.
        signal: undefined,
        onProvisional: (reply, transaction) => this.#ring(reply, transaction),
        onSuccess: (reply, sent) => this.#succeed(reply, sent)
      })
      this.#timer.cancel()
      return await this.#finish(answer)
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#stopWaiting()
    this.#stopHandling()
  }

  #ring(reply: SipReply, transaction: ClientTransaction): void {
    this.#ringing = transaction
    this.#options.onProvisional?.(reply, transaction)
    // RFC 3261 9.1: before a provisional reply there is nothing to cancel.
    if (this.#isCancelled) this.#sendCancel()
  }

  #cancel(): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.#sendCancel()
  }

  #sendCancel(): void {
    const transaction = this.#ringing
    if (transaction?.state !== 'proceeding') return
    this.#ringing = undefined
    const { timeoutMs } = this.#options
    const silence = () => transaction.fail(new Error('it does not answer the CANCEL'))
    this.#agent.table.send(
      buildCancel(transaction.request as OutgoingRequest),
      transaction.flow,
      {
        // RFC 3261 9.1: a peer that does not send the 487 is not waited for longer than 64 * T1.
        onReply: () => this.#agent.wheel.after(timeoutMs, silence),
        onFailure: silence
      },
      { timeoutMs }
    )
  }

  #succeed(reply: SipReply, sent: Sent): void {
    const tag = reply.to.tag ?? ''
    const known = this.#legs.get(tag)
    if (known) {
      this.#acknowledge(known)
      return
    }
    const dialog = new Dialog(sent, reply)
    const leg: Leg = { dialog, ack: dialog.ack(this.#agent) }
    const isFork = this.#legs.size > 0
    this.#legs.set(tag, leg)
    this.#acknowledge(leg)
    if (isFork) this.#ends.push(this.#bye(leg))
  }

  #acknowledge({ ack }: Leg): void {
    ack.then(
      ({ bytes, flow }) => flow.send(bytes),
      () => {}
    )
  }

  async #finish(answer: Answer): Promise<CallResult> {
    const [leg] = this.#legs.values()
    if (!leg) return { answer, forks: 0 }
    await leg.ack
    const endedBy = await Promise.race([this.#hungUp, this.#pause()])
    const bye = endedBy === 'us' ? await this.#bye(leg) : undefined
    await Promise.all(this.#ends)
    return { answer, endedBy, ...(bye && { bye }), forks: this.#legs.size - 1 }
  }

  #pause(): Promise<'us'> {
    const { signal, byeAfterMs } = this.#options
    return new Promise((resolve) => {
      const done = () => resolve('us')
      // The signal is that of all calls of a batch, and outlives this one.
      this.#stopWaiting = () => signal?.removeEventListener('abort', done)
      // Whoever was called though it was to be cancelled is not kept.
      this.#timer = this.#agent.wheel.after(this.#isCancelled ? 0 : byeAfterMs, done)
      signal?.addEventListener('abort', done, { once: true })
      if (signal?.aborted) done()
    })
  }

  /** @returns undefined when nobody answers it: the call is over for us all the same */
  async #bye({ dialog }: Leg): Promise<Answer | undefined> {
    const { digest, timeoutMs } = this.#options
    try {
      const to = await dialog.targets(this.#agent)
      return await exchange(this.#agent, dialog.draft('BYE'), { to, digest, timeoutMs })
    } catch {
      return undefined
    }
  }

  #receive(request: SipRequest) {
    const isOurs = [...this.#legs.values()].some(({ dialog }) => dialog.has(request))
    if (!isOurs) return undefined
    if (request.start.method === 'BYE') {
      this.#peerHungUp()
      return { status: 200 }
    }
    // Nothing about the call can be changed: there is no media (RFC 3261 21.4.26).
    if (request.start.method === 'INVITE' || request.start.method === 'UPDATE') return { status: 488 }
    return request.start.method === 'INFO' ? { status: 200 } : undefined
  }
}
