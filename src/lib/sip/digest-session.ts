import { authorizationValue, type Credentials, canAnswer, type DigestRequest } from './digest.js'
import { type DigestChallenge, type DigestHash, digestChallenges, parseChallenges, withNonce } from './digest-challenge.js'
import { unquote } from './lexical.js'
import type { SipReply } from './message.js'
import type { HeaderLine } from './write.js'

export interface DigestOptions {
  /** The credentials for a realm; undefined when it is none of ours. A foreign realm never gets an answer. */
  credentialsFor: (realm: string) => Credentials | undefined
  /** Of `Identifiers.cnonce`. */
  cnonce: () => string
  /** The domains that are asked, or spoken for: where several realms want an answer and nobody has named ours, only their own get one. */
  readonly homes?: readonly string[] | undefined
  /** A realm that nobody has named, and that is no domain's own, is about to get an answer. */
  onGuess?: ((realm: string) => void) | undefined
  /** The hashes that may be used, best first. */
  hashes?: readonly DigestHash[] | undefined
}

export type ChallengeVerdict =
  /** Send again with `authorize`. */
  | 'answer'
  /** The server has seen our answer and wants another one: the password is wrong. */
  | 'refused'
  /** There are challenges, but none for a realm of ours. */
  | 'foreign realm'
  /** Neither Digest nor an algorithm or qop that we have, or may use. */
  | 'unsupported'

/** A challenge that is answered, and how often. */
interface Kept {
  challenge: DigestChallenge
  /** Of -sess one for the life of the nonce: servers that keep the first session key and those that make it anew both agree. */
  cnonce: string
  count: number
  /** A request with this nonce, or an earlier one of the realm, was accepted: a new nonce without `stale` is then no refusal. */
  accepted: boolean
}

/** A challenge that outlives the process: a restart goes on with the nonce, and is not asked again. */
export interface SavedChallenge {
  challenge: DigestChallenge
  cnonce: string
  count: number
}

// RFC 7616 3.4: nc has eight hex digits.
const maxCount = 0xffff_ffff

// Stronger first. A server that offers several is asked for its best, whatever it put on top: a header on top can be put there by others.
const strongestFirst: readonly DigestHash[] = ['SHA-512-256', 'SHA-256', 'MD5']

const none: Kept[] = []

// Nonces that go stale this often within one attempt never get old enough to be used.
const maxStale = 4

/**
 * Remembers the challenges of the servers that one account talks to, and answers them before they are made again: a refresh costs one
 * request. 401 and 407 are kept apart by kind and realm, and both answered in one request. Knows no time and no socket.
 */
export class DigestSession {
  readonly #options: DigestOptions
  /** One for each kind and realm: two at most in practice, so that a list is smaller than a map. */
  #kept: Kept[] = none
  #staleInAttempt = 0

  constructor(options: DigestOptions) {
    this.#options = options
  }

  get #hashes(): readonly DigestHash[] {
    return this.#options.hashes ?? strongestFirst
  }

  /** The headers that prove a request, for every challenge that is known. Each call uses up one count of each nonce. */
  authorize(request: DigestRequest): HeaderLine[] {
    const lines: HeaderLine[] = []
    for (const kept of this.#kept) {
      const { challenge } = kept
      const credentials = this.#options.credentialsFor(challenge.realm)
      // The credentials were taken away, or the nonce is used up: without an answer we are challenged anew.
      if (!credentials || !canAnswer(credentials, challenge.hash) || kept.count >= maxCount) {
        this.#kept = this.#kept.filter((one) => one !== kept)
        continue
      }
      if (!challenge.session) kept.cnonce = this.#options.cnonce()
      const use = { cnonce: kept.cnonce, nonceCount: ++kept.count }
      const name = challenge.from === 'proxy' ? 'Proxy-Authorization' : 'Authorization'
      lines.push([name, authorizationValue(challenge, credentials, request, use)])
    }
    return lines
  }

  /** A 401 or 407 has come to the last request. Call it once for each. */
  challenged(reply: SipReply): ChallengeVerdict {
    const all = digestChallenges(reply)
    const usual = this.#firstOfOne(all)
    if (usual) return usual
    const usable = all.filter(({ hash }) => this.#hashes.includes(hash))
    if (usable.length === 0) return 'unsupported'
    const ours = usable.filter((one) => this.#isOurs(one, usable))
    if (ours.length === 0) return 'foreign realm'
    const best = this.#bestOfEachRealm(ours)
    if (best.length === 0) return 'unsupported'
    for (const challenge of best) {
      if (!this.#isNews(this.#find(challenge), challenge)) {
        this.forget()
        return 'refused'
      }
    }
    for (const challenge of best) {
      this.#tellGuess(challenge, this.#options.credentialsFor(challenge.realm)!)
      this.#keep({ challenge: detached(challenge), cnonce: this.#options.cnonce(), count: 0, accepted: false })
    }
    return 'answer'
  }

  /** One challenge, and no other known: nothing has to be chosen. Undefined where it is not so. */
  #firstOfOne(all: readonly DigestChallenge[]): 'answer' | undefined {
    const [challenge] = all
    if (!challenge || all.length > 1 || this.#kept.length > 0 || !this.#hashes.includes(challenge.hash)) return undefined
    const credentials = this.#options.credentialsFor(challenge.realm)
    if (!credentials || !canAnswer(credentials, challenge.hash)) return undefined
    this.#tellGuess(challenge, credentials)
    this.#kept = [{ challenge: detached(challenge), cnonce: this.#newCnonce(challenge), count: 0, accepted: false }]
    return 'answer'
  }

  /** Only a session key is made with a cnonce that stays; else there is one for each request. */
  #newCnonce({ session }: DigestChallenge): string {
    return session ? this.#options.cnonce() : ''
  }

  /** Any other final reply has come: what was sent was good enough. `nextnonce` is taken (RFC 7616 3.5), from now on. */
  accepted(reply: SipReply): void {
    this.#staleInAttempt = 0
    for (const kept of this.#kept) if (kept.count > 0) kept.accepted = true
    this.#takeNextNonce(reply, 'Authentication-Info', 'server')
    this.#takeNextNonce(reply, 'Proxy-Authentication-Info', 'proxy')
  }

  /** The credentials have changed, or the server: start as if nothing were known. */
  forget(): void {
    this.#kept = none
    this.#staleInAttempt = 0
  }

  /** What is known now, for `restore`. It holds no secret. */
  save(): SavedChallenge[] {
    return this.#kept.map(({ challenge, cnonce, count }) => ({ challenge, cnonce, count }))
  }

  /** Goes on with what another session has saved. */
  restore(saved: readonly SavedChallenge[]): void {
    for (const { challenge, cnonce, count } of saved) {
      this.#keep({ challenge, cnonce, count, accepted: true })
    }
  }

  /** Whoever is on the way can put a challenge of another realm beside that of the server, and would get a hash of the password. */
  #isOurs({ from, realm }: DigestChallenge, all: readonly DigestChallenge[]): boolean {
    const credentials = this.#options.credentialsFor(realm)
    if (!credentials?.isGuess) return credentials !== undefined
    const isAlone = all.every((one) => one.from !== from || one.realm === realm)
    return isAlone || this.#isHome(realm)
  }

  #tellGuess({ realm }: DigestChallenge, { isGuess }: Credentials): void {
    if (isGuess && !this.#isHome(realm)) this.#options.onGuess?.(realm)
  }

  #isHome(realm: string): boolean {
    const name = realm.toLowerCase()
    return this.#options.homes?.some((home) => home.toLowerCase() === name) ?? false
  }

  #find(challenge: DigestChallenge): Kept | undefined {
    return this.#kept.find((kept) => isSameDoor(kept.challenge, challenge))
  }

  #keep(kept: Kept): void {
    this.#kept = [...this.#kept.filter((one) => !isSameDoor(one.challenge, kept.challenge)), kept]
  }

  #bestOfEachRealm(challenges: readonly DigestChallenge[]): DigestChallenge[] {
    const best: DigestChallenge[] = []
    const rank = ({ hash }: DigestChallenge) => this.#hashes.indexOf(hash)
    for (const challenge of challenges) {
      if (!canAnswer(this.#options.credentialsFor(challenge.realm)!, challenge.hash)) continue
      const at = best.findIndex((one) => isSameDoor(one, challenge))
      if (at < 0) best.push(challenge)
      else if (rank(challenge) < rank(best[at]!)) best[at] = challenge
    }
    return best
  }

  /** Is a challenge a reason to try again? Not when it says that our last answer to it was wrong. */
  #isNews(kept: Kept | undefined, challenge: DigestChallenge): boolean {
    if (!kept || kept.count === 0) return true
    if (kept.challenge.nonce === challenge.nonce) return false
    if (challenge.stale) return ++this.#staleInAttempt <= maxStale
    // FRITZ!Box and Asterisk change the nonce and do not say stale: one try, because `accepted` is lost with the new nonce.
    return kept.accepted
  }

  #takeNextNonce(reply: SipReply, name: string, from: 'server' | 'proxy'): void {
    const line = reply.get(name)
    if (line === undefined) return
    // The header has parameters only: it is read as the challenge of a scheme.
    const next = safeParameters(line)?.get('nextnonce')
    if (!next) return
    const answered = this.#kept.filter((kept) => kept.challenge.from === from)
    // It says no realm: with two realms of one kind nobody knows whose it is.
    if (answered.length !== 1) return
    const [kept] = answered as [Kept]
    const nonce = unquote(next)
    // An empty one is none. No control character may stand in a header of ours, not even behind a backslash.
    if (nonce === '' || /[\x00-\x1f\x7f]/.test(next)) return
    kept.challenge = detached(withNonce(kept.challenge, nonce, next.startsWith('"') ? next : `"${next}"`))
    kept.cnonce = this.#options.cnonce()
    kept.count = 0
  }
}

/** Its texts are parts of the reply, and would keep all of it: 100,000 accounts remember a challenge each. */
function detached(challenge: DigestChallenge): DigestChallenge {
  const { from, realm, rawRealm, nonce, rawNonce, rawOpaque, hash, session, rawAlgorithm, qop, stale, userhash } = challenge
  const ownNonce = copyText(rawNonce)
  // One literal: an object that is spread from another has twice the size.
  return {
    from,
    realm: shared(realm),
    rawRealm: shared(rawRealm),
    // The one is a part of the other, unless it has escapes.
    nonce: rawNonce.includes('\\') ? copyText(nonce) : ownNonce.slice(1, -1),
    rawNonce: ownNonce,
    rawOpaque: rawOpaque === undefined ? undefined : copyText(rawOpaque),
    hash,
    session,
    rawAlgorithm: rawAlgorithm === undefined ? undefined : shared(rawAlgorithm),
    qop,
    stale,
    userhash
  }
}

function copyText(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}

// Realms and names of algorithms: the registrars of all accounts have a few.
const maxShared = 64
const sharedTexts = new Map<string, string>()

/** One copy of a text that many challenges have. */
function shared(text: string): string {
  const known = sharedTexts.get(text)
  if (known !== undefined) return known
  const copy = copyText(text)
  if (sharedTexts.size < maxShared) sharedTexts.set(copy, copy)
  return copy
}

/** A 401 and a 407 of one realm are two doors. */
function isSameDoor(a: DigestChallenge, b: DigestChallenge): boolean {
  return a.from === b.from && a.realm === b.realm
}

function safeParameters(line: string): ReadonlyMap<string, string> | undefined {
  try {
    return parseChallenges(`Digest ${line}`)[0]?.parameters
  } catch {
    return undefined
  }
}
