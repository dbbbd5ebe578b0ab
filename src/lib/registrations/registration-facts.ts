import type { Address } from '../sip/address.js'
import { maxSeconds } from '../sip/limits.js'
import type { SipReply } from '../sip/message.js'
import type { RegistrationFacts } from './registration-state.js'

/** What a 200 tells beside the binding; undefined when it tells nothing, which is the rule. */
export function factsOf(reply: SipReply, own: Address | undefined): RegistrationFacts | undefined {
  const facts: RegistrationFacts = {}
  for (const { key } of reply.headers) {
    // One walk over the headers: with 100,000 accounts these are asked for with every refresh.
    if (key === 'path') facts.path ??= reply.values('Path')
    else if (key === 'service-route') facts.serviceRoute ??= reply.values('Service-Route')
    else if (key === 'p-associated-uri') facts.associated ??= reply.values('P-Associated-URI')
    else if (key === 'flow-timer') setFlowTimer(facts, reply.get('Flow-Timer')!)
  }
  const publicGruu = own?.parameters.get('pub-gruu')
  const temporaryGruu = own?.parameters.get('temp-gruu')
  if (publicGruu) facts.publicGruu = publicGruu
  if (temporaryGruu) facts.temporaryGruu = temporaryGruu
  return Object.keys(facts).length === 0 ? undefined : facts
}

function setFlowTimer(facts: RegistrationFacts, text: string): void {
  if (/^[1-9]\d{0,9}$/.test(text)) facts.flowTimerS = Math.min(Number(text), maxSeconds)
}
