import type { SentRequest } from '../sip/build.js'
import { readOr } from '../sip/fault.js'
import type { SipReply } from '../sip/message.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import type { RegistrationAccount } from './account.js'
import { cluesOf, type FailureClues } from './failure-clues.js'
import { HeldBinding } from './held-binding.js'
import { seenAddress } from './nat.js'
import { bindingsOf, earlierBindings, expiresOf, findOwnBinding, type OwnBinding, soleBinding } from './own-binding.js'
import { Patience } from './patience.js'
import { refreshMs } from './policy.js'
import { RegisterRequests } from './register-requests.js'
import type { RegistrationContext, SavedRegistration } from './registration-context.js'
import { factsOf } from './registration-facts.js'
import type { FailureReason, ListedBinding, Purpose, RegistrationFacts, RegistrationState, Step } from './registration-state.js'
import { readRedirect, retryAfterOf, unsupportedTags } from './reply-facts.js'
import { WishedTime } from './wished-time.js'

// Challenges, redirects and second tries of one attempt together (4.1 of the specification): what needs more goes round in circles.
const maxHops = 5

const none: readonly string[] = []

/**
 * One account and where it stands: a state machine that is handed replies, failures and time. It says what to send and what follows; who sends it, when,
 * and to whom is for others. How it is said is in `register-requests`.
 */
export class Registration {
  readonly account: RegistrationAccount
  readonly #context: RegistrationContext
  readonly #requests: RegisterRequests
  #state: RegistrationState = 'new'
  #purpose: Purpose = 'register'
  #hops = 0
  readonly #wish: WishedTime
  readonly #patience: Patience
  readonly #held: HeldBinding
  /** Where a 301 sent us, until a restart. */
  #movedTo: readonly string[] | undefined
  /** Where a redirect of this attempt sent us. */
  #requestUri: string | undefined
  code: number | undefined
  reason: FailureReason | undefined
  warning: string | undefined
  facts: RegistrationFacts | undefined
  /** What the last refusal told. */
  clues: FailureClues | undefined
  bindings: ListedBinding[] | undefined
  /** URIs of bindings that an earlier run has left: of those that were asked for. */
  earlier: readonly string[] = none
  attempts = 0

  constructor(account: RegistrationAccount, context: RegistrationContext, saved?: SavedRegistration) {
    this.account = account
    this.#context = context
    this.#requests = new RegisterRequests(account, context, saved)
    if (account.isDisabled || account.expiresS === 0) this.#state = 'disabled'
    this.#wish = new WishedTime(account.expiresS, context.policy.maxExpiresS, saved?.minExpiresS)
    this.#held = new HeldBinding(context.now, saved?.contact)
    this.#patience = new Patience(context.policy, context.random)
  }

  get state(): RegistrationState {
    return this.#state
  }

  get aor(): string {
    return `sip:${this.account.username}@${this.account.domain}`
  }

  /** A binding of ours is at the registrar now, as far as anybody knows. */
  get isRegistered(): boolean {
    return this.#held.isAlive
  }

  /** How long the binding still lives. */
  get boundMs(): number {
    return this.#held.leftMs
  }

  get contact(): string | undefined {
    return this.#held.contact
  }

  /** Others see it under another address than it has. */
  get isBehindNat(): boolean {
    return this.#requests.isBehindNat
  }

  /** The next hops: where a 301 sent us, else the account's proxies, else its domain. URIs of SIP. */
  get route(): readonly string[] {
    const { proxies, domain } = this.account
    return this.#movedTo ?? (proxies.length > 0 ? proxies : [`sip:${domain}`])
  }

  /** A binding that an earlier process made is taken over. */
  resume(boundMs: number): void {
    this.#held.extend(boundMs)
    this.#state = 'registered'
  }

  /** It waits for its turn. */
  wait(): void {
    if (this.#state === 'new') this.#state = 'waiting'
  }

  enable(): void {
    if (this.#state === 'disabled') this.#state = 'waiting'
    this.#patience.reset()
  }

  disable(): void {
    this.#state = 'disabled'
  }

  /** The binding has ended while no refresh got through. */
  expire(): void {
    this.#state = 'backoff'
    this.#held.drop()
    this.reason = 'expired'
  }

  /** Another address under which others see us (STUN). @returns whether it is news */
  see(address: string): boolean {
    return this.#requests.see(address)
  }

  /** An attempt begins. */
  begin(purpose: Purpose = 'register'): void {
    this.#purpose = purpose
    this.#hops = 0
    this.#requestUri = undefined
    this.#wish.begin()
    this.code = undefined
    this.reason = undefined
    this.clues = undefined
    this.attempts++
    if (purpose === 'register') this.#state = this.isRegistered ? 'refreshing' : 'registering'
    if (this.#context.policy.newCallId) this.#requests.renewCallId()
  }

  /** The next request. @throws UnsafeHeaderError, SipSyntaxError, DataError for values of the account that cannot stand in one */
  request(flow: TransportFlow): SentRequest {
    const bound = this.isRegistered ? this.contact : undefined
    return this.#requests.next(flow, {
      purpose: this.#purpose,
      expiresS: this.#wish.seconds,
      bound,
      requestUri: this.#requestUri
    })
  }

  /** A final reply has come. */
  receive(reply: SipReply, flow: TransportFlow): Step {
    const { status } = reply.start
    this.code = status
    this.reason = undefined
    if (status === 401 || status === 407) return this.#challenged(reply)
    this.#requests.digest.accepted(reply)
    if (status < 300) return this.#accepted(reply, flow)
    if (status < 400) return this.#redirected(reply, flow)
    return this.#refused(reply, status)
  }

  #refused(reply: SipReply, status: number): Step {
    switch (status) {
      case 423:
        return this.#tooBrief(reply)
      case 439:
        return this.#requests.dropOutbound() ? this.#again('refused', reply) : this.#reject('refused', reply)
      case 420:
        return this.#unsupported(reply)
      case 482:
      case 483:
        return this.#backOff('loop', undefined)
      case 408:
      case 480:
      case 486:
        return this.#unavailable(reply)
      default:
        return status >= 500 && status < 600 ? this.#unavailable(reply) : this.#reject('refused', reply)
    }
  }

  /** No reply came, or there was no way. */
  fail(reason: 'timeout' | 'unreachable'): Step {
    this.code = undefined
    this.reason = reason
    return { do: 'next target', blockMs: undefined }
  }

  /** The account has a value that cannot stand in a request: no retry changes that. */
  broken(): Step {
    this.code = undefined
    this.reason = 'bad value'
    this.#state = 'rejected'
    return { do: 'end', waitMs: undefined }
  }

  /** There is no target left to try. */
  exhausted(retryAfterS: number | undefined): Step {
    return this.#backOff(this.reason ?? 'unreachable', retryAfterS)
  }

  #challenged(reply: SipReply): Step {
    switch (this.#requests.digest.challenged(reply)) {
      case 'answer':
        return this.#again('wrong password', reply)
      case 'refused':
        return this.#reject('wrong password', reply)
      case 'foreign realm':
        return this.#reject('realm mismatch', reply)
      case 'unsupported':
        return this.#reject('unsupported digest', reply)
    }
  }

  #accepted(reply: SipReply, flow: TransportFlow): Step {
    if (this.#purpose !== 'register') return this.#left(reply, flow)
    const { account } = this
    const sole =
      account.contactUser === undefined && !this.#requests.isOutbound ? soleBinding(reply, this.#requests.sent) : undefined
    const bindings = sole ? [sole] : bindingsOf(reply)
    const own: OwnBinding | undefined = sole ? { binding: sole, by: 'uri' } : findOwnBinding(bindings, this.#requests.own)
    if (!own && bindings.length > 0) return this.#backOff('binding missing', undefined)
    const grantedS = (own && expiresOf(own.binding)) ?? readOr(() => reply.expires, undefined) ?? this.#wish.seconds
    if (grantedS === 0) return this.#backOff('no time granted', retryAfterOf(reply))
    this.warning = own ? (own.by === 'alone' ? 'the contact was rewritten' : undefined) : 'the 200 lists no contact'
    this.#state = 'registered'
    this.#patience.reset()
    this.#held.set(this.#requests.sent, grantedS * 1000)
    this.facts = factsOf(reply, own?.binding)
    if (this.#learns(reply, flow)) return this.#again('refused', reply)
    return { do: 'end', waitMs: refreshMs(grantedS, account.refreshRatio, this.#context.random) }
  }

  /** The registrar saw another address than the one that we told: it is registered instead. */
  #learns(reply: SipReply, flow: TransportFlow): boolean {
    return this.#context.policy.nat === 'auto' && this.#hops < maxHops && this.#requests.learn(reply, flow)
  }

  /** The bindings are taken back, or were asked for. */
  #left(reply: SipReply, flow: TransportFlow): Step {
    const bindings = bindingsOf(reply)
    if (this.#purpose === 'fetch') {
      const places = [flow.sentBy, seenAddress(reply) ?? flow.sentBy]
      this.earlier = earlierBindings(bindings, this.#requests.own, places).map(({ uriText }) => uriText)
    }
    this.bindings = bindings.map((one) => ({
      contact: String(one.withParameters(one.parameters.without('expires'))),
      expiresS: expiresOf(one) ?? readOr(() => reply.expires, undefined),
      own: one.uriText === (this.contact ?? this.#requests.sent) || this.earlier.includes(one.uriText)
    }))
    if (this.#purpose !== 'fetch') {
      this.#held.drop()
      this.facts = undefined
    }
    return { do: 'end', waitMs: undefined }
  }

  #redirected(reply: SipReply, flow: TransportFlow): Step {
    const uris = readRedirect(reply, { secure: flow.target.transport === 'tls' && this.#isSips })
    // 305 would put somebody between us and the registrar for good (RFC 3261 21.3.4 is no longer believed).
    if (reply.start.status === 305 || uris.length === 0) return this.#backOff('redirect refused', retryAfterOf(reply))
    if (++this.#hops > maxHops) return this.#backOff('too many hops', retryAfterOf(reply))
    if (reply.start.status === 301) this.#movedTo = uris
    return { do: 'redirect', uris }
  }

  get #isSips(): boolean {
    return this.route.some((uri) => /^sips:/i.test(uri))
  }

  /** The Request-URI of what follows a redirect. */
  redirectTo(uri: string): void {
    this.#requestUri = uri
  }

  #tooBrief(reply: SipReply): Step {
    const verdict = this.#wish.tooBrief(readOr(() => reply.minExpires, undefined))
    if (verdict === 'ask again') return this.#again('refused', reply)
    return this.#reject(verdict === 'too long' ? 'min-expires too long' : 'refused', reply)
  }

  #unsupported(reply: SipReply): Step {
    const changes = this.#requests.dropTags(unsupportedTags(reply))
    return changes ? this.#again('refused', reply) : this.#reject('refused', reply)
  }

  #unavailable(reply: SipReply): Step {
    this.reason = 'busy'
    const retryAfterS = retryAfterOf(reply)
    return { do: 'next target', blockMs: retryAfterS === undefined ? undefined : retryAfterS * 1000 }
  }

  /** Another request of the same attempt, unless there were too many. */
  #again(otherwise: FailureReason, reply: SipReply): Step {
    if (++this.#hops <= maxHops) return { do: 'send' }
    return this.#reject(otherwise, reply)
  }

  #reject(reason: FailureReason, reply: SipReply): Step {
    const waitMs = this.#patience.afterRefusal(retryAfterOf(reply))
    this.clues = cluesOf(reply)
    this.reason = reason
    // Nobody tries again to leave: bindings end by themselves.
    if (this.#purpose !== 'register') return { do: 'end', waitMs: undefined }
    this.#state = 'rejected'
    return { do: 'end', waitMs }
  }

  #backOff(reason: FailureReason, retryAfterS: number | undefined): Step {
    const waitMs = this.#patience.afterFailure(this.boundMs, retryAfterS)
    this.reason = reason
    if (this.#purpose !== 'register') return { do: 'end', waitMs: undefined }
    this.reason = waitMs === undefined && reason === 'unreachable' ? 'gave up' : reason
    // A refresh that failed takes nothing away while the binding lives.
    this.#state = waitMs === undefined ? 'rejected' : this.isRegistered ? 'registered' : 'backoff'
    return { do: 'end', waitMs }
  }

  removed(): void {
    this.#state = 'removed'
  }

  /** @param wallMs the wall clock now */
  save(wallMs: number): SavedRegistration {
    return {
      ...this.#requests.save(),
      ...(this.contact !== undefined && { contact: this.contact, expiresAtMs: Math.round(wallMs + this.boundMs) }),
      ...(this.#wish.leastS > 0 && { minExpiresS: this.#wish.leastS })
    }
  }
}
