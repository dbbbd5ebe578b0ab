import type { SentRequest } from '../sip/build.js'
import { buildRegister } from '../sip/build-register.js'
import type { Credentials } from '../sip/digest.js'
import { type DigestOptions, DigestSession, type SavedChallenge } from '../sip/digest-session.js'
import type { Identifiers } from '../sip/identifiers.js'
import { encodeText, quoted } from '../sip/lexical.js'
import { maxCseq } from '../sip/limits.js'
import type { SipReply } from '../sip/message.js'
import { escapeUser } from '../sip/uri.js'
import type { HeaderLine } from '../sip/write.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import type { RegistrationAccount } from './account.js'
import { contactParameters, contactUri, contactUser, instanceOf } from './contact.js'
import { isUsable, seenAddress } from './nat.js'
import type { OwnContact } from './own-binding.js'
import type { RegistrationPolicy } from './policy.js'
import type { Purpose } from './registration-state.js'

/** Who an account is in its requests, over restarts. */
export interface SavedIdentity {
  callId: string
  fromTag: string
  cseq: number
  challenges?: SavedChallenge[] | undefined
}

export interface RegisterWish {
  purpose: Purpose
  /** Seconds to ask for. */
  expiresS: number
  /** The contact that the registrar has now. */
  bound: string | undefined
  /** Where a redirect led; undefined: the domain. */
  requestUri: string | undefined
}

type LoginPolicy = Pick<RegistrationPolicy, 'anyRealm' | 'credentials' | 'onGuess'>

const none: readonly string[] = []

// A gateway that shows us another address with every request would have us register for ever.
const maxLearned = 8

/** The REGISTERs of one account: names that stay (RFC 3261 10.2.4), CSeq that grows, the contact, and what proves who we are. */
export class RegisterRequests implements DigestOptions {
  readonly #account: RegistrationAccount
  readonly #ids: Identifiers
  readonly #userAgent: string
  readonly #logins: LoginPolicy
  readonly digest: DigestSession
  #callId: string
  readonly #fromTag: string
  #cseq: number
  /** The contact of the last request, and the flow's own address. */
  #sent = ''
  #sentBy = ''
  /** The address under which others see us. */
  #seen: string | undefined
  #learned: string[] | undefined
  #withoutOutbound = false
  #withoutTags: readonly string[] | undefined

  constructor(
    account: RegistrationAccount,
    { ids, userAgent, policy }: { ids: Identifiers; userAgent: string; policy: LoginPolicy },
    saved?: SavedIdentity
  ) {
    this.#account = account
    this.#ids = ids
    this.#userAgent = userAgent
    this.#logins = policy
    this.#callId = saved?.callId ?? ids.callId()
    this.#fromTag = saved?.fromTag ?? ids.tag()
    this.#cseq = saved?.cseq ?? 0
    this.digest = new DigestSession(this)
    if (saved?.challenges) this.digest.restore(saved.challenges)
  }

  credentialsFor(realm: string): Credentials | undefined {
    return credentialsOf(this.#account, realm, this.#logins)
  }

  onGuess(realm: string): void {
    this.#logins.onGuess?.(realm)
  }

  get homes(): readonly string[] {
    return [this.#account.domain]
  }

  cnonce(): string {
    return this.#ids.cnonce()
  }

  get hashes(): RegistrationAccount['algorithms'] {
    return this.#account.algorithms
  }

  /** The contact of the last request. */
  get sent(): string {
    return this.#sent
  }

  get isOutbound(): boolean {
    return this.#account.outbound && !this.#withoutOutbound
  }

  /** Others see it under another address than it has. */
  get isBehindNat(): boolean {
    return this.#seen !== undefined
  }

  /** What our binding is found by in a reply to the last request. */
  get own(): OwnContact {
    const { contactUser: given, uuid, regId = 1 } = this.#account
    return {
      uri: this.#sent,
      user: contactUser(this.#account),
      line: given === undefined ? undefined : uuid,
      instanceId: this.isOutbound ? instanceOf(this.#account) : undefined,
      regId
    }
  }

  renewCallId(): void {
    this.#callId = this.#ids.callId()
  }

  /** Another address under which others see us. @returns whether it is news */
  see(address: string): boolean {
    if (this.#seen === address) return false
    this.#seen = address
    return true
  }

  /** The registrar saw another address than the one that we told. Each is taken once. @returns whether there is one to register */
  learn(reply: SipReply, flow: TransportFlow): boolean {
    const seen = seenAddress(reply)
    if (this.#account.contactAddress !== undefined || seen === undefined || seen === (this.#seen ?? flow.sentBy)) return false
    this.#learned ??= []
    const known = this.#learned
    if (known.includes(seen) || known.length >= maxLearned || !isUsable(seen, flow.target.address)) return false
    known.push(seen)
    this.#seen = seen
    return true
  }

  /** A 439: the registrar, or a proxy before it, has no outbound. @returns whether that changes anything */
  dropOutbound(): boolean {
    if (!this.isOutbound) return false
    this.#withoutOutbound = true
    return true
  }

  /** A 420. @returns whether any of the tags was ours */
  dropTags(unsupported: readonly string[]): boolean {
    const known = this.#supported().filter((tag) => unsupported.includes(tag))
    this.#withoutTags = [...(this.#withoutTags ?? []), ...known]
    if (known.includes('outbound')) this.#withoutOutbound = true
    return known.length > 0
  }

  /** The next request. @throws UnsafeHeaderError, SipSyntaxError, DataError for values of the account that cannot stand in one */
  next(flow: TransportFlow, wish: RegisterWish): SentRequest {
    if (this.#cseq >= maxCseq) {
      this.renewCallId()
      this.#cseq = 0
    }
    const { username, domain, display } = this.#account
    const uri = wish.requestUri ?? `sip:${domain}`
    const name = display === undefined ? '' : `${quoted(encodeText(display))} `
    return buildRegister({
      uri,
      via: { transport: flow.protocol, sentBy: flow.sentBy, branch: this.#ids.branch() },
      self: `${name}<sip:${escapeUser(username)}@${domain}>`,
      fromTag: this.#fromTag,
      callId: this.#callId,
      cseq: ++this.#cseq,
      headers: this.#headers(flow, wish, uri)
    })
  }

  save(): SavedIdentity {
    const challenges = this.digest.save()
    return { callId: this.#callId, fromTag: this.#fromTag, cseq: this.#cseq, ...(challenges.length > 0 && { challenges }) }
  }

  #headers(flow: TransportFlow, wish: RegisterWish, uri: string): HeaderLine[] {
    const headers: HeaderLine[] = this.#contactHeaders(flow, wish)
    const supported = this.#supported()
    if (supported.length > 0) headers.push(['Supported', supported.join(', ')])
    const userAgent = this.#account.userAgent ?? this.#userAgent
    if (userAgent !== '') headers.push(['User-Agent', encodeText(userAgent)])
    for (const { name, value } of this.#account.extraHeaders) headers.push([name, encodeText(value)])
    headers.push(...this.digest.authorize({ method: 'REGISTER', uri }))
    return headers
  }

  #contactHeaders(flow: TransportFlow, { purpose, expiresS, bound }: RegisterWish): HeaderLine[] {
    if (purpose === 'fetch') return []
    if (purpose === 'unregister all') {
      return [
        ['Contact', '*'],
        ['Expires', '0']
      ]
    }
    const leaves = purpose === 'unregister'
    if (this.#sentBy !== flow.sentBy) this.#moveTo(flow.sentBy)
    const current = contactUri(this.#account, { transport: flow.target.transport, sentBy: flow.sentBy }, this.#seen)
    // What is taken back is what the registrar has, wherever we are now.
    this.#sent = leaves ? (bound ?? current) : current
    const headers: HeaderLine[] = [['Contact', `<${this.#sent}>${contactParameters(this.#account, this.isOutbound)}`]]
    // With instance and reg-id the registrar replaces the old binding by itself (RFC 5626 6).
    if (bound !== undefined && bound !== this.#sent && !this.isOutbound) headers.push(['Contact', `<${bound}>;expires=0`])
    headers.push(['Expires', leaves ? '0' : String(expiresS)])
    return headers
  }

  /** What others saw of another socket says nothing of this one. */
  #moveTo(sentBy: string): void {
    if (this.#sentBy !== '') {
      this.#seen = undefined
      this.#learned = undefined
    }
    this.#sentBy = sentBy
  }

  #supported(): readonly string[] {
    const { isOutbound } = this
    if (!isOutbound && !this.#account.path) return none
    const tags = isOutbound ? ['path', 'outbound', 'gruu'] : ['path']
    return tags.filter((tag) => !this.#withoutTags?.includes(tag))
  }
}

/** A realm that is not the account's gets no answer: the hash of a password is for whom it was made. */
function credentialsOf(
  { realm: own, secret, authUsername: username }: RegistrationAccount,
  realm: string,
  { credentials, anyRealm }: LoginPolicy
): Credentials | undefined {
  if (own !== realm) {
    const named = credentials?.(realm)
    if (named || own !== undefined) return named
  }
  const isGuess = own === undefined && !anyRealm
  if (secret.kind === 'password') return { username, password: secret.password, isGuess }
  return { username, ha1: { [secret.algorithm]: secret.ha1 }, isGuess }
}
