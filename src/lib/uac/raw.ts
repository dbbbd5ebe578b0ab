import { TimeoutError } from '../errors.js'
import type { SipMessage, SipReply } from '../sip/message.js'
import { isReply } from '../sip/message.js'
import { type SipTarget, targetName } from '../sip-transport/target.js'
import { lossOf } from './exchange.js'
import type { UserAgent } from './user-agent.js'

export interface RawAnswer {
  reply: SipReply
  roundTripMs: number
  target: SipTarget
}

/**
 * Sends bytes as they are, once, and gives the first final reply that comes back the same way, whatever it belongs to: there may be no
 * transaction in what was sent.
 * @throws TimeoutError, ConnectError when the peer is not there, and what the flow throws
 */
export async function sendRaw(
  agent: UserAgent,
  bytes: Buffer,
  { target, timeoutMs, signal }: { target: SipTarget; timeoutMs: number; signal: AbortSignal }
): Promise<RawAnswer> {
  const flow = await agent.flowTo(target)
  const startMs = performance.now()
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      timer.cancel()
      stopListening()
      stopWatching()
      signal.removeEventListener('abort', onAbort)
      then()
    }
    const onAbort = () => settle(() => reject(signal.reason))
    const stopListening = agent.listen((message: SipMessage | undefined) => {
      if (!message || !isReply(message) || message.start.status < 200) return
      settle(() => resolve({ reply: message, roundTripMs: performance.now() - startMs, target }))
    })
    const stopWatching = agent.watchFlows((lost, cause) => {
      if (lost === flow) settle(() => reject(lossOf(target, cause)))
    })
    const timer = agent.wheel.after(timeoutMs, () => {
      settle(() => reject(new TimeoutError(`No reply from ${targetName(target)} within ${timeoutMs / 1000} s`)))
    })
    signal.addEventListener('abort', onAbort, { once: true })
    flow.send(bytes)
  })
}
