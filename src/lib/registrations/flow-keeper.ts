import { randomBytes } from 'node:crypto'
import { PbxkitError } from '../errors.js'
import { formatAddress } from '../net/address.js'
import { makeAddress } from '../sip/address.js'
import { Parameters } from '../sip/parameters.js'
import { readStunReply, stunIdBytes, stunRequest } from '../sip/stun.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import { exchange } from '../uac/exchange.js'
import type { UserAgent } from '../uac/user-agent.js'
import type { Chance } from './policy.js'

export type KeepAlive = 'options' | 'crlf' | 'stun' | 'none'

export interface FlowKeeperOptions {
  wheel: { after(delayMs: number, task: () => void): { cancel(): void } }
  random: Chance
  /** Between two signs of life; a Flow-Timer of the registrar takes its place. */
  intervalMs: number
  /** The other side is gone, or we are somewhere else now. */
  onDead: (flow: TransportFlow, reason: string) => void
  /** STUN says under which address others see a flow. */
  onSeen: (flow: TransportFlow, address: string) => void
}

interface Kept {
  users: number
  kind: KeepAlive
  intervalMs: number
  agent: UserAgent
  timer: { cancel(): void } | undefined
  seen: string | undefined
}

// RFC 5626 4.4.2, shortened: three requests within 3.5 s. A NAT that is still open needs one.
const stunWaitsMs = [500, 1000, 2000]
// As for a pong (RFC 5626 4.4.1).
const optionsTimeoutMs = 10_000

/** Signs of life on the flows that registrations use: one for each flow, however many accounts share it, spread by ±20 %. */
export class FlowKeeper {
  readonly #options: FlowKeeperOptions
  readonly #flows = new Map<TransportFlow, Kept>()
  readonly #asked = new Map<string, (address: string) => void>()
  readonly #heard = new WeakSet<UserAgent>()

  constructor(options: FlowKeeperOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#flows.size
  }

  /** An account uses a flow. @param flowTimerS what the registrar wants (RFC 5626 4.4) */
  use(flow: TransportFlow, agent: UserAgent, kind: KeepAlive, flowTimerS: number | undefined): void {
    const known = this.#flows.get(flow)
    if (known) {
      known.users++
      return
    }
    const intervalMs = flowTimerS === undefined ? this.#options.intervalMs : flowTimerS * 1000 * 0.8
    const kept: Kept = { users: 1, kind, intervalMs, agent, timer: undefined, seen: undefined }
    this.#flows.set(flow, kept)
    if (kind !== 'none') this.#schedule(flow, kept)
  }

  /** One account less uses it. */
  release(flow: TransportFlow): void {
    const kept = this.#flows.get(flow)
    if (kept && --kept.users <= 0) this.drop(flow)
  }

  drop(flow: TransportFlow): void {
    this.#flows.get(flow)?.timer?.cancel()
    this.#flows.delete(flow)
  }

  stop(): void {
    for (const flow of [...this.#flows.keys()]) this.drop(flow)
  }

  #schedule(flow: TransportFlow, kept: Kept): void {
    const { wheel, random } = this.#options
    kept.timer = wheel.after(kept.intervalMs * (0.8 + 0.4 * random()), () => void this.#sign(flow, kept))
  }

  async #sign(flow: TransportFlow, kept: Kept): Promise<void> {
    const isAlive = await this.#isAlive(flow, kept)
    if (this.#flows.get(flow) !== kept) return
    if (isAlive !== true) {
      this.drop(flow)
      this.#options.onDead(flow, isAlive)
      return
    }
    this.#schedule(flow, kept)
  }

  /** @returns true, or why not */
  async #isAlive(flow: TransportFlow, kept: Kept): Promise<true | string> {
    if (!flow.isOpen) return 'the flow is closed'
    if (kept.kind === 'options') return this.#options200(flow, kept)
    if (kept.kind === 'stun' && !flow.reliable) return this.#stun(flow, kept)
    // Over TCP and TLS the flow itself waits for the pong, and is lost without it.
    flow.ping()
    return true
  }

  async #options200(flow: TransportFlow, { agent }: Kept): Promise<true | string> {
    const { address, port } = flow.target
    const uri = `sip:${formatAddress({ host: address, port })}`
    const self = makeAddress(`sip:${flow.sentBy}`)
    const draft = {
      method: 'OPTIONS',
      uri,
      from: self.withParameters(Parameters.none.with('tag', agent.ids.tag())),
      to: makeAddress(uri),
      callId: agent.ids.callId(),
      cseq: 1
    }
    try {
      await exchange(agent, draft, { to: [flow.target], timeoutMs: optionsTimeoutMs })
      return true
    } catch (error) {
      if (error instanceof PbxkitError) return 'no answer to OPTIONS'
      throw error
    }
  }

  async #stun(flow: TransportFlow, kept: Kept): Promise<true | string> {
    const address = await this.askStun(flow, kept.agent)
    if (address === undefined) return 'no answer to STUN'
    const before = kept.seen
    kept.seen = address
    if (before !== undefined && before !== address) this.#options.onSeen(flow, address)
    return true
  }

  /** Our address as the other end of a flow sees it; undefined without an answer. */
  async askStun(flow: TransportFlow, agent: UserAgent): Promise<string | undefined> {
    this.#listen(agent)
    const id = randomBytes(stunIdBytes)
    const key = id.toString('hex')
    let seen: string | undefined
    let arrived: () => void = () => {}
    this.#asked.set(key, (address) => {
      seen = address
      arrived()
    })
    for (const waitMs of stunWaitsMs) {
      flow.send(stunRequest(id))
      await new Promise<void>((resolve) => {
        const timer = this.#options.wheel.after(waitMs, resolve)
        arrived = () => {
          timer.cancel()
          resolve()
        }
      })
      if (seen !== undefined) break
    }
    this.#asked.delete(key)
    return seen
  }

  #listen(agent: UserAgent): void {
    if (this.#heard.has(agent)) return
    this.#heard.add(agent)
    agent.listen((message, bytes) => {
      if (message || this.#asked.size === 0) return
      const reply = readStunReply(bytes)
      if (reply) this.#asked.get(reply.id.toString('hex'))?.(formatAddress(reply))
    })
  }
}
