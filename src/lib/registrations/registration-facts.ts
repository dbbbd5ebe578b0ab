import type { Address } from '../sip/address.js'
import { readOr } from '../sip/fault.js'
import { maxSeconds } from '../sip/limits.js'
import type { SipReply } from '../sip/message.js'
import type { RegistrationFacts } from './registration-state.js'

/** What a 200 tells beside the binding; undefined when it tells nothing, which is the rule. */
export function factsOf(reply: SipReply, own: Address | undefined): RegistrationFacts | undefined {
  const facts: RegistrationFacts = {}
  // What is broken in them takes no registration away.
  const values = (name: string): string[] => readOr(() => reply.values(name), [])
  if (reply.has('Path')) facts.path = values('Path')
  if (reply.has('Service-Route')) facts.serviceRoute = values('Service-Route')
  if (reply.has('P-Associated-URI')) facts.associated = values('P-Associated-URI')
  if (reply.has('Flow-Timer')) setFlowTimer(facts, reply.get('Flow-Timer')!)
  const publicGruu = own?.parameters.get('pub-gruu')
  const temporaryGruu = own?.parameters.get('temp-gruu')
  if (publicGruu) facts.publicGruu = publicGruu
  if (temporaryGruu) facts.temporaryGruu = temporaryGruu
  return Object.keys(facts).length === 0 ? undefined : facts
}

function setFlowTimer(facts: RegistrationFacts, text: string): void {
  if (/^[1-9]\d{0,9}$/.test(text)) facts.flowTimerS = Math.min(Number(text), maxSeconds)
}
