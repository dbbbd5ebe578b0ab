import { makeAddress } from '../sip/address.js'
import { buildRequest, type OutgoingRequest } from '../sip/build.js'
import type { Credentials } from '../sip/digest.js'
import { DigestSession, type SavedChallenge } from '../sip/digest-session.js'
import { SipSyntaxError } from '../sip/fault.js'
import type { Identifiers } from '../sip/identifiers.js'
import { encodeText } from '../sip/lexical.js'
import { maxCseq } from '../sip/limits.js'
import type { SipReply } from '../sip/message.js'
import { Parameters } from '../sip/parameters.js'
import { escapeUser } from '../sip/uri.js'
import type { HeaderLine } from '../sip/write.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import type { RegistrationAccount } from './account.js'
import { contactParameters, contactUri, contactUser, instanceOf } from './contact.js'
import { isUsable, seenAddress } from './nat.js'
import { bindingsOf, expiresOf, findOwnBinding } from './own-binding.js'
import { backoffMs, type Chance, type RegistrationPolicy, refreshMs } from './policy.js'
import { factsOf } from './registration-facts.js'
import type { FailureReason, ListedBinding, Purpose, RegistrationFacts, RegistrationState, Step } from './registration-state.js'
import { readRedirect, retryAfterOf, unsupportedTags } from './reply-facts.js'

/** What an account needs from outside: time, randomness, names. */
export interface RegistrationContext {
  policy: RegistrationPolicy
  ids: Identifiers
  random: Chance
  /** Milliseconds that never go back. */
  now: () => number
  userAgent: string
}

/** What a restart needs to go on where it was; times are of the wall clock. */
export interface SavedRegistration {
  callId: string
  fromTag: string
  cseq: number
  contact?: string | undefined
  expiresAtMs?: number | undefined
  minExpiresS?: number | undefined
  challenges?: SavedChallenge[] | undefined
}

// Challenges, redirects and second tries of one attempt together (4.1 of the specification): what needs more goes round in circles.
const maxHops = 5
// A gateway that shows us another address with every request would have us register for ever.
const maxLearned = 8

/**
 * One account and where it stands: a state machine that is handed replies, failures and time. It says what to send and what follows; who sends it, when,
 * and to whom is for others. Call-ID and From tag stay for ever (RFC 3261 10.2.4), CSeq grows by one.
 */
export class Registration {
  readonly account: RegistrationAccount
  readonly #context: RegistrationContext
  readonly #digest: DigestSession
  #state: RegistrationState = 'new'
  #purpose: Purpose = 'register'
  #callId: string
  #fromTag: string
  #cseq = 0
  #hops = 0
  #minExpiresS = 0
  #wasTooBrief = false
  #failures = 0
  /** The contact that the registrar has, and until when. */
  #bound: string | undefined
  #expiresAtMs = 0
  /** The contact of the last request, and the flow's own address. */
  #sent = ''
  #sentBy = ''
  /** The address under which others see us. */
  #seen: string | undefined
  #learned: string[] | undefined
  #withoutOutbound = false
  #withoutTags: readonly string[] | undefined
  /** Where a 301 sent us, until a restart. */
  #movedTo: readonly string[] | undefined
  /** Where a redirect of this attempt sent us. */
  #requestUri: string | undefined
  code: number | undefined
  reason: FailureReason | undefined
  warning: string | undefined
  facts: RegistrationFacts | undefined
  bindings: ListedBinding[] | undefined
  attempts = 0

  constructor(account: RegistrationAccount, context: RegistrationContext, saved?: SavedRegistration) {
    this.account = account
    this.#context = context
    this.#callId = saved?.callId ?? context.ids.callId()
    this.#fromTag = saved?.fromTag ?? context.ids.tag()
    this.#cseq = saved?.cseq ?? 0
    this.#digest = new DigestSession({
      credentialsFor: (realm) => this.#credentials(realm),
      cnonce: () => context.ids.cnonce(),
      ...(account.algorithms && { hashes: account.algorithms })
    })
    if (account.isDisabled || account.expiresS === 0) this.#state = 'disabled'
    if (saved) this.#minExpiresS = saved.minExpiresS ?? 0
    if (saved?.challenges) this.#digest.restore(saved.challenges)
    this.#bound = saved?.contact
  }

  get state(): RegistrationState {
    return this.#state
  }

  get aor(): string {
    return `sip:${this.account.username}@${this.account.domain}`
  }

  /** A binding of ours is at the registrar now, as far as anybody knows. */
  get isRegistered(): boolean {
    return this.#bound !== undefined && this.boundMs > 0
  }

  /** How long the binding still lives. */
  get boundMs(): number {
    return Math.max(0, this.#expiresAtMs - this.#context.now())
  }

  get contact(): string | undefined {
    return this.#bound
  }

  get callId(): string {
    return this.#callId
  }

  get cseq(): number {
    return this.#cseq
  }

  get isBusy(): boolean {
    return this.#state === 'registering' || this.#state === 'refreshing'
  }

  /** Others see it under another address than it has. */
  get isBehindNat(): boolean {
    return this.#seen !== undefined
  }

  /** The next hops: where a 301 sent us, else the account's proxies, else its domain. URIs of SIP. */
  get route(): readonly string[] {
    const { proxies, domain } = this.account
    return this.#movedTo ?? (proxies.length > 0 ? proxies : [`sip:${domain}`])
  }

  /** A binding that an earlier process made is taken over. */
  resume(boundMs: number): void {
    this.#expiresAtMs = this.#context.now() + boundMs
    this.#state = 'registered'
  }

  /** It waits for its turn. */
  wait(): void {
    if (this.#state === 'new') this.#state = 'waiting'
  }

  enable(): void {
    if (this.#state === 'disabled') this.#state = 'waiting'
    this.#failures = 0
  }

  disable(): void {
    this.#state = 'disabled'
  }

  /** The binding has ended while no refresh got through. */
  expire(): void {
    this.#state = 'backoff'
    this.#bound = undefined
    this.reason = 'expired'
  }

  /** The binding may be gone: the connection or the address that it was made with is. */
  forgetAddress(): void {
    this.#seen = undefined
    this.#learned = undefined
  }

  /** Another address under which others see us (STUN). @returns whether it is news */
  see(address: string): boolean {
    if (this.#seen === address) return false
    this.#seen = address
    return true
  }

  /** An attempt begins. */
  begin(purpose: Purpose = 'register'): void {
    this.#purpose = purpose
    this.#hops = 0
    this.#requestUri = undefined
    this.#wasTooBrief = false
    this.code = undefined
    this.reason = undefined
    this.attempts++
    if (purpose === 'register') this.#state = this.isRegistered ? 'refreshing' : 'registering'
    if (this.#context.policy.newCallId) this.#callId = this.#context.ids.callId()
  }

  /** The next request. @throws UnsafeHeaderError, SipSyntaxError, DataError for values of the account that cannot stand in one */
  request(flow: TransportFlow): OutgoingRequest {
    const { account } = this
    const { ids } = this.#context
    if (this.#cseq >= maxCseq) {
      this.#callId = ids.callId()
      this.#cseq = 0
    }
    const uri = this.#requestUri ?? `sip:${account.domain}`
    const aor = `sip:${escapeUser(account.username)}@${account.domain}`
    const self = makeAddress(aor, account.display)
    return buildRequest({
      method: 'REGISTER',
      uri,
      via: { transport: flow.protocol, sentBy: flow.sentBy, branch: ids.branch() },
      from: self.withParameters(Parameters.none.with('tag', this.#fromTag)),
      to: self,
      callId: this.#callId,
      cseq: ++this.#cseq,
      headers: [...this.#headers(flow), ...this.#digest.authorize({ method: 'REGISTER', uri })]
    })
  }

  #headers(flow: TransportFlow): HeaderLine[] {
    const { account } = this
    const headers: HeaderLine[] = this.#contactHeaders(flow)
    const supported = this.#supported()
    if (supported.length > 0) headers.push(['Supported', supported.join(', ')])
    const userAgent = account.userAgent ?? this.#context.userAgent
    if (userAgent !== '') headers.push(['User-Agent', encodeText(userAgent)])
    for (const { name, value } of account.extraHeaders) headers.push([name, encodeText(value)])
    return headers
  }

  #contactHeaders(flow: TransportFlow): HeaderLine[] {
    if (this.#purpose === 'fetch') return []
    if (this.#purpose === 'unregister all') {
      return [
        ['Contact', '*'],
        ['Expires', '0']
      ]
    }
    const { account } = this
    const leaves = this.#purpose === 'unregister'
    if (this.#sentBy !== flow.sentBy) {
      if (this.#sentBy !== '') this.forgetAddress()
      this.#sentBy = flow.sentBy
    }
    const current = contactUri(account, { transport: flow.target.transport, sentBy: flow.sentBy }, this.#seen)
    // What is taken back is what the registrar has, wherever we are now.
    this.#sent = leaves ? (this.#bound ?? current) : current
    const headers: HeaderLine[] = [['Contact', `<${this.#sent}>${contactParameters(account, this.#isOutbound)}`]]
    // With instance and reg-id the registrar replaces the old binding by itself (RFC 5626 6).
    if (this.#bound !== undefined && this.#bound !== this.#sent && !this.#isOutbound && this.boundMs > 0) {
      headers.push(['Contact', `<${this.#bound}>;expires=0`])
    }
    headers.push(['Expires', leaves ? '0' : String(this.#wantedS)])
    return headers
  }

  get #isOutbound(): boolean {
    return this.account.outbound && !this.#withoutOutbound
  }

  get #wantedS(): number {
    return Math.max(this.account.expiresS, this.#minExpiresS)
  }

  #supported(): string[] {
    const { path } = this.account
    const tags = [...(path || this.#isOutbound ? ['path'] : []), ...(this.#isOutbound ? ['outbound', 'gruu'] : [])]
    return tags.filter((tag) => !this.#withoutTags?.includes(tag))
  }

  #credentials(realm: string): Credentials | undefined {
    const { account } = this
    if (account.realm !== undefined && account.realm !== realm) return undefined
    const { secret, authUsername: username } = account
    if (secret.kind === 'password') return { username, password: secret.password }
    return { username, ha1: { [secret.algorithm]: secret.ha1 } }
  }

  /** A final reply has come. */
  receive(reply: SipReply, flow: TransportFlow): Step {
    const { status } = reply.start
    this.code = status
    this.reason = undefined
    if (status === 401 || status === 407) return this.#challenged(reply)
    this.#digest.accepted(reply)
    if (status < 300) return this.#accepted(reply, flow)
    if (status < 400) return this.#redirected(reply, flow)
    return this.#refused(reply, status)
  }

  #refused(reply: SipReply, status: number): Step {
    switch (status) {
      case 423:
        return this.#tooBrief(reply)
      case 439:
        if (!this.#isOutbound) return this.#reject('refused', reply)
        this.#withoutOutbound = true
        return this.#again('refused', reply)
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
    switch (this.#digest.challenged(reply)) {
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
    if (this.#purpose !== 'register') return this.#left(reply)
    const { account } = this
    const bindings = bindingsOf(reply)
    const own = findOwnBinding(bindings, {
      uri: this.#sent,
      user: contactUser(account),
      line: account.contactUser === undefined ? undefined : account.uuid,
      instanceId: this.#isOutbound ? instanceOf(account) : undefined,
      regId: account.regId ?? 1
    })
    if (!own && bindings.length > 0) return this.#backOff('binding missing', undefined)
    const grantedS = (own && expiresOf(own.binding)) ?? safe(() => reply.expires) ?? this.#wantedS
    if (grantedS === 0)
      return this.#backOff(
        'no time granted',
        safe(() => reply.retryAfter)
      )
    this.warning = own ? (own.by === 'alone' ? 'the contact was rewritten' : undefined) : 'the 200 lists no contact'
    this.#state = 'registered'
    this.#failures = 0
    this.#bound = this.#sent
    this.#expiresAtMs = this.#context.now() + grantedS * 1000
    this.facts = factsOf(reply, own?.binding)
    if (this.#learns(reply, flow)) return this.#again('refused', reply)
    return { do: 'end', waitMs: refreshMs(grantedS, account.refreshRatio, this.#context.random) }
  }

  /** The registrar saw another address than the one that we told: it is registered instead, once for each. */
  #learns(reply: SipReply, flow: TransportFlow): boolean {
    if (this.#context.policy.nat !== 'auto' || this.account.contactAddress !== undefined) return false
    const seen = seenAddress(reply)
    if (seen === undefined || seen === (this.#seen ?? flow.sentBy) || this.#hops >= maxHops) return false
    this.#learned ??= []
    const learned = this.#learned
    if (learned.includes(seen) || learned.length >= maxLearned || !isUsable(seen, flow.target.address)) return false
    learned.push(seen)
    this.#seen = seen
    return true
  }

  /** The bindings are taken back, or were asked for. */
  #left(reply: SipReply): Step {
    this.bindings = bindingsOf(reply).map((one) => ({
      contact: String(one.withParameters(one.parameters.without('expires'))),
      expiresS: expiresOf(one) ?? safe(() => reply.expires),
      own: one.uriText === (this.#bound ?? this.#sent)
    }))
    if (this.#purpose !== 'fetch') {
      this.#bound = undefined
      this.#expiresAtMs = 0
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
    const least = safe(() => reply.minExpires) ?? this.#wantedS * 2
    if (least > this.#context.policy.maxExpiresS) return this.#reject('min-expires too long', reply)
    // It has what it asks for: once more, because some count what is left of an older binding; then the same would be answered the same.
    if (least <= this.#wantedS && this.#wasTooBrief) return this.#reject('refused', reply)
    this.#wasTooBrief = true
    this.#minExpiresS = Math.max(this.#minExpiresS, least)
    return this.#again('refused', reply)
  }

  #unsupported(reply: SipReply): Step {
    const tags = unsupportedTags(reply)
    const known = this.#supported().filter((tag) => tags.includes(tag))
    if (known.length === 0) return this.#reject('refused', reply)
    this.#withoutTags = [...(this.#withoutTags ?? []), ...known]
    if (known.includes('outbound')) this.#withoutOutbound = true
    return this.#again('refused', reply)
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

  /** Nothing that a soon retry could change: a password that is wrong hammers nobody. */
  #reject(reason: FailureReason, reply: SipReply): Step {
    const { policy, random } = this.#context
    this.#failures++
    if (this.#purpose !== 'register') return this.#fruitless(reason)
    this.reason = reason
    this.#state = 'rejected'
    const waitS = Math.max(policy.rejectedS, retryAfterOf(reply) ?? 0)
    return { do: 'end', waitMs: policy.retryS === 0 ? undefined : waitS * 1000 * (1 + random() / 10) }
  }

  #backOff(reason: FailureReason, retryAfterS: number | undefined): Step {
    const { policy, random } = this.#context
    this.#failures++
    if (this.#purpose !== 'register') return this.#fruitless(reason)
    const waitMs = backoffMs(policy, { failures: this.#failures, boundMs: this.boundMs, retryAfterS }, random)
    this.reason = waitMs === undefined && reason === 'unreachable' ? 'gave up' : reason
    // A refresh that failed takes nothing away while the binding lives.
    this.#state = waitMs === undefined ? 'rejected' : this.isRegistered ? 'registered' : 'backoff'
    return { do: 'end', waitMs }
  }

  /** Nobody tries again to leave: bindings end by themselves. */
  #fruitless(reason: FailureReason): Step {
    this.reason = reason
    return { do: 'end', waitMs: undefined }
  }

  removed(): void {
    this.#state = 'removed'
  }

  /** @param wallMs the wall clock now */
  save(wallMs: number): SavedRegistration {
    const challenges = this.#digest.save()
    return {
      callId: this.#callId,
      fromTag: this.#fromTag,
      cseq: this.#cseq,
      ...(this.#bound !== undefined && { contact: this.#bound, expiresAtMs: Math.round(wallMs + this.boundMs) }),
      ...(this.#minExpiresS > 0 && { minExpiresS: this.#minExpiresS }),
      ...(challenges.length > 0 && { challenges })
    }
  }
}

/** A number in a header of a peer; what is none counts as missing. */
function safe<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof SipSyntaxError) return undefined
    throw error
  }
}
