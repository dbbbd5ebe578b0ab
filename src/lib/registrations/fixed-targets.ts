import { PbxkitError } from '../errors.js'
import { isIpAddress } from '../net/ip-address.js'
import { isSipUri, parseUri, type SipUri } from '../sip/uri.js'
import type { SipTarget, SipTransport } from '../sip-transport/target.js'
import type { UserAgent } from '../uac/user-agent.js'

// 10,000 accounts have a few registrars between them.
const maxKept = 256

/** Where next hops lead to. What an address says is kept, since nothing can change it: 10,000 accounts with one proxy ask the same again and again. */
export class FixedTargets {
  static readonly #of = new WeakMap<UserAgent, FixedTargets>()
  readonly #agent: UserAgent
  readonly #kept = new Map<string, readonly SipTarget[]>()
  /** The one that was asked for last: most accounts have the same. */
  #lastText = ''
  #lastTransport: SipTransport | undefined
  #last: readonly SipTarget[] | undefined

  private constructor(agent: UserAgent) {
    this.#agent = agent
  }

  static of(agent: UserAgent): FixedTargets {
    let targets = FixedTargets.#of.get(agent)
    if (!targets) {
      targets = new FixedTargets(agent)
      FixedTargets.#of.set(agent, targets)
    }
    return targets
  }

  /** What is known without asking. @param transport where the URI names none */
  get(text: string, transport: SipTransport | undefined): readonly SipTarget[] | undefined {
    if (this.#last && this.#lastText === text && this.#lastTransport === transport) return this.#last
    this.#last = this.#kept.get(`${transport} ${text}`)
    this.#lastText = text
    this.#lastTransport = transport
    return this.#last
  }

  /** @param transport where the URI names none @throws ConnectError, DataError, SipSyntaxError */
  async find(text: string, transport: SipTransport | undefined): Promise<readonly SipTarget[]> {
    return this.get(text, transport) ?? this.#ask(text, transport)
  }

  /** Where several URIs lead to, in their order. @param note is told why one leads nowhere */
  async findAll(
    uris: readonly string[],
    transport: SipTransport | undefined,
    note: (error: PbxkitError) => void
  ): Promise<SipTarget[]> {
    const found: SipTarget[] = []
    for (const text of uris) {
      try {
        found.push(...(await this.find(text, transport)))
      } catch (error) {
        if (!(error instanceof PbxkitError)) throw error
        note(error)
      }
    }
    return found
  }

  async #ask(text: string, transport: SipTransport | undefined): Promise<readonly SipTarget[]> {
    const uri = hop(text, transport)
    const targets = await this.#agent.targetsOf(uri)
    const isFixed = isIpAddress(uri.host.replace(/^\[|\]$/g, '')) && !uri.parameters.has('maddr')
    if (isFixed && this.#kept.size < maxKept) this.#kept.set(`${transport} ${text}`, targets)
    return targets
  }
}

function hop(text: string, transport: SipTransport | undefined): SipUri {
  const uri = parseUri(text)
  if (!isSipUri(uri)) throw new TypeError(`no SIP URI: ${text}`)
  if (transport === undefined || uri.parameters.has('transport')) return uri
  return { ...uri, parameters: uri.parameters.with('transport', transport) }
}
