import type { SipTarget } from '../sip-transport/target.js'
import type { UserAgent } from '../uac/user-agent.js'
import type { FlowKeeper } from './flow-keeper.js'
import type { KeptRegistration } from './kept-registration.js'

// Mappings of NATs live for half a minute and more (RFC 4787 4.3 asks for two minutes).
const freshMs = 30_000

/** Under which address others see us, by a STUN server (`--nat stun`). One question for all accounts of an agent, as long as its answer is fresh. */
export class PublicAddress {
  readonly #flows: FlowKeeper
  readonly #server: { host: string; port: number } | undefined
  readonly #now: () => number
  readonly #known = new WeakMap<UserAgent, { answer: Promise<string | undefined>; untilMs: number }>()

  constructor(flows: FlowKeeper, server: { host: string; port: number } | undefined, now: () => number) {
    this.#flows = flows
    this.#server = server
    this.#now = now
  }

  /** Tells an account what its contact has to say. Without an answer our own address stands. */
  async show({ agent, registration }: KeptRegistration): Promise<void> {
    if (!this.#server) return
    let known = this.#known.get(agent)
    if (!known || known.untilMs < this.#now()) {
      known = { answer: this.#ask(agent, this.#server), untilMs: this.#now() + freshMs }
      this.#known.set(agent, known)
    }
    const address = await known.answer
    if (address !== undefined) registration.see(address)
  }

  async #ask(agent: UserAgent, { host, port }: { host: string; port: number }): Promise<string | undefined> {
    const target: SipTarget = { transport: 'udp', address: host, port, serverName: host }
    try {
      return await this.#flows.askStun(await agent.flowTo(target), agent)
    } catch {
      return undefined
    }
  }
}
