import type { TransportFlow } from '../sip-transport/flow.js'
import type { FlowKeeper, KeepAlive } from './flow-keeper.js'
import type { KeptRegistration } from './kept-registration.js'

/** Which account uses which flow, and what keeps that alive. */
export class FlowUse {
  readonly #flows: FlowKeeper
  readonly #wanted: KeepAlive | 'auto'

  /** @param wanted for accounts that say nothing of their own. `auto`: CRLF over TCP and TLS; over UDP where a NAT was seen, STUN where the registrar asks for signs of life */
  constructor(flows: FlowKeeper, wanted: KeepAlive | 'auto') {
    this.#flows = flows
    this.#wanted = wanted
  }

  set(kept: KeptRegistration, flow: TransportFlow | undefined): void {
    if (kept.flow === flow) return
    if (kept.flow) this.#flows.release(kept.flow)
    kept.flow = flow
    if (flow) this.#flows.use(flow, kept.agent, this.#keepAlive(kept, flow), kept.registration.facts?.flowTimerS)
  }

  #keepAlive({ registration }: KeptRegistration, flow: TransportFlow): KeepAlive {
    const wanted = registration.account.keepalive ?? this.#wanted
    if (wanted !== 'auto') return wanted
    if (flow.reliable) return 'crlf'
    if (registration.facts?.flowTimerS !== undefined) return 'stun'
    return registration.isBehindNat ? 'crlf' : 'none'
  }
}
