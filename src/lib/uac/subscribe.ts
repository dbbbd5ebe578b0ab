import type { SipRequest } from '../sip/message.js'
import { Dialog } from './dialog.js'
import type { RequestDraft } from './draft.js'
import { type Answer, type ExchangeOptions, exchange } from './exchange.js'
import type { UserAgent } from './user-agent.js'

export interface SubscribeOptions extends ExchangeOptions {
  /** So long NOTIFYs are taken. */
  waitMs: number
  onNotify: (notify: SipRequest) => void
}

export interface SubscribeResult {
  answer: Answer
  notifies: number
  /** The notifier has said that there will be no more. */
  isTerminated: boolean
}

/**
 * Subscribes, takes NOTIFYs for a time, and unsubscribes (RFC 6665). The first may come before the reply to the SUBSCRIBE. It needs an agent
 * with `udp: 'shared'`.
 * @throws as `exchange` does
 */
export async function subscribe(agent: UserAgent, draft: RequestDraft, options: SubscribeOptions): Promise<SubscribeResult> {
  const { waitMs, onNotify, signal, digest, timeoutMs } = options
  let first: SipRequest | undefined
  let notifies = 0
  let isTerminated = false
  let end: () => void = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const stopHandling = agent.handleRequests((request) => {
    const isOurs = request.callId === draft.callId && request.to.tag === draft.from.tag
    if (request.start.method !== 'NOTIFY' || !isOurs) return undefined
    first ??= request
    notifies++
    onNotify(request)
    if (/^terminated\b/i.test(request.get('Subscription-State') ?? '')) {
      isTerminated = true
      end()
    }
    return { status: 200 }
  })
  try {
    const answer = await exchange(agent, draft, options)
    if (answer.reply.start.status >= 300) return { answer, notifies, isTerminated }
    const timer = agent.wheel.after(waitMs, end)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted) end()
    await ended
    timer.cancel()
    if (!isTerminated) await unsubscribe()
    return { answer, notifies, isTerminated }

    async function unsubscribe(): Promise<void> {
      const dialog = new Dialog(answer, first ?? answer.reply)
      const event = (draft.headers ?? []).filter(([name]) => /^(event|o)$/i.test(name))
      const contactUser = draft.contactUser
      const last = dialog.draft('SUBSCRIBE', { headers: [...event, ['Expires', '0']], contactUser })
      // What is not taken back ends when its time is over.
      await exchange(agent, last, { to: await dialog.targets(agent), digest, timeoutMs }).catch(() => {})
    }
  } finally {
    // It is that of all requests of a batch.
    signal?.removeEventListener('abort', end)
    stopHandling()
  }
}
