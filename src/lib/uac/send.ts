import type { SipReply, SipRequest } from '../sip/message.js'
import { type CallResult, call } from './call.js'
import type { RequestDraft } from './draft.js'
import { type Answer, type ExchangeOptions, exchange } from './exchange.js'
import { subscribe } from './subscribe.js'
import type { UserAgent } from './user-agent.js'

export interface SendOptions extends ExchangeOptions {
  /** INVITE. */
  cancelAfterMs: number
  byeAfterMs: number
  /** SUBSCRIBE. */
  waitMs: number
  onNotify: (notify: SipRequest) => void
  onProvisional: (reply: SipReply) => void
}

/** What a request came to, with what its method brings along. */
export interface SendResult {
  answer: Answer
  call?: Omit<CallResult, 'answer'> | undefined
  subscription?: { notifies: number; isTerminated: boolean } | undefined
}

/** Sends any request: an INVITE is acknowledged and ended, a SUBSCRIBE waits for its NOTIFYs. @throws as `exchange` does */
export async function send(agent: UserAgent, draft: RequestDraft, options: SendOptions): Promise<SendResult> {
  // Inside of a dialog somebody else has to know what belongs to it.
  const isInside = draft.to.tag !== undefined
  if (draft.method === 'INVITE' && !isInside) {
    const { answer, ...rest } = await call(agent, draft, options)
    return { answer, call: rest }
  }
  if (draft.method === 'SUBSCRIBE' && !isInside) {
    const { answer, ...subscription } = await subscribe(agent, draft, options)
    return { answer, subscription }
  }
  return { answer: await exchange(agent, draft, options) }
}

/** Do NOTIFYs, and requests in a call, come past the server? */
export function needsSharedUdp(method: string): boolean {
  return method === 'INVITE' || method === 'SUBSCRIBE'
}
