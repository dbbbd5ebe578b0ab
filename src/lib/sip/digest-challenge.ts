import { quote, SipSyntaxError } from './fault.js'
import { decodeText, endOfQuoted, skipBlanks, tokenChars, unquote } from './lexical.js'
import type { SipMessage } from './message.js'

/** The hash functions of RFC 8760, weakest first. */
export const digestHashes = ['MD5', 'SHA-256', 'SHA-512-256'] as const
export type DigestHash = (typeof digestHashes)[number]
export type Qop = 'auth' | 'auth-int'

/** One challenge of any scheme. Parameters are as on the wire; names in small letters. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

/** A challenge that we can answer. */
export interface DigestChallenge {
  /** Who asks: `proxy` is 407 and Proxy-Authenticate, `server` 401 and WWW-Authenticate. */
  readonly from: 'server' | 'proxy'
  /** As people read it. */
  readonly realm: string
  /** As on the wire with its quotes: it goes back as it came. */
  readonly rawRealm: string
  readonly nonce: string
  readonly rawNonce: string
  readonly rawOpaque: string | undefined
  readonly hash: DigestHash
  readonly session: boolean
  /** As written, for the answer; undefined when the challenge names none, which means MD5. */
  readonly rawAlgorithm: string | undefined
  /** Undefined: the form of RFC 2069. */
  readonly qop: Qop | undefined
  readonly stale: boolean
  readonly userhash: boolean
}

// RFC 7616 names eight parameters; more than this many are no challenge, and every one costs a look.
const maxParameters = 64

const word = new RegExp(`[${tokenChars}]+`, 'y')
// A value without quotes: token, and what careless servers write there (base64 with / and =).
const bareValue = /[^\s,"]+/y

/**
 * Reads the challenges of one header; several may be joined with commas (RFC 7235 4.1). `Digest` has its parameters, other schemes too, or
 * one opaque word that is skipped.
 * @throws SipSyntaxError
 */
export function parseChallenges(value: string): Challenge[] {
  const challenges: Challenge[] = []
  let at = 0
  while (at < value.length) {
    at = skipCommas(value, at)
    if (at >= value.length) break
    const scheme = take(word, value, at)
    if (scheme === undefined) throw new SipSyntaxError('challenge', `no scheme in ${quote(value.slice(at))}`)
    at = skipBlanks(value, at + scheme.length)
    const parameters = new Map<string, string>()
    at = readParameters(value, at, parameters)
    challenges.push({ scheme, parameters })
  }
  return challenges
}

/** `name = value` as long as they come; a name without `=` is the next scheme. @returns where it ended */
function readParameters(value: string, from: number, parameters: Map<string, string>): number {
  let at = from
  for (;;) {
    at = skipCommas(value, at)
    const name = take(word, value, at)
    const equals = name === undefined ? at : skipBlanks(value, at + name.length)
    if (name === undefined || value.charCodeAt(equals) !== 0x3d) return parameters.size === 0 ? skipOpaque(value, at, from) : at
    const start = skipBlanks(value, equals + 1)
    const end =
      value.charCodeAt(start) === 0x22
        ? endOfQuoted(value, start, 'challenge')
        : start + (take(bareValue, value, start)?.length ?? 0)
    const key = name.toLowerCase()
    if (parameters.has(key)) throw new SipSyntaxError('challenge', `${quote(name)} twice in a challenge`)
    if (parameters.size >= maxParameters)
      throw new SipSyntaxError('challenge', `more than ${maxParameters} parameters in a challenge`)
    parameters.set(key, value.slice(start, end))
    at = skipBlanks(value, end)
    if (at < value.length && value.charCodeAt(at) !== 0x2c) {
      throw new SipSyntaxError('challenge', `expected "," in ${quote(value.slice(at))}`)
    }
  }
}

/** A scheme may have one word instead of parameters (`Negotiate abc==`): it ends at the comma. */
function skipOpaque(value: string, at: number, from: number): number {
  if (at >= value.length || value.slice(from, at).includes(',')) return at
  const comma = value.indexOf(',', at)
  return comma < 0 ? value.length : comma
}

function skipCommas(value: string, from: number): number {
  let at = skipBlanks(value, from)
  while (value.charCodeAt(at) === 0x2c) at = skipBlanks(value, at + 1)
  return at
}

function take(pattern: RegExp, value: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(value)?.[0]
}

/** Every Digest challenge of a reply that we can answer, in order, from both kinds of headers. Basic and the unknown are left out. */
export function digestChallenges(reply: SipMessage): DigestChallenge[] {
  const found: DigestChallenge[] = []
  for (const line of reply.lines('Proxy-Authenticate')) readLine(line, 'proxy', found)
  for (const line of reply.lines('WWW-Authenticate')) readLine(line, 'server', found)
  return found
}

function readLine(line: string, from: 'server' | 'proxy', found: DigestChallenge[]): void {
  const again = readAgain(line, from)
  if (again) {
    found.push(again)
    return
  }
  const all = readable(line)
  const usable = all.flatMap((one) => toDigest(one, from) ?? [])
  if (all.length === 1 && usable[0]) remember(line, usable[0])
  found.push(...usable)
}

/** A challenge, and the text around its nonce. A registrar says the same to 10,000 accounts, but for the nonce: that is read once. */
let last: { before: string; after: string; challenge: DigestChallenge } | undefined

// Without a sign that could end or escape anything: with it the line is made of the same pieces.
const plainNonce = /^[A-Za-z0-9+/=._:-]+$/

function remember(line: string, challenge: DigestChallenge): void {
  const at = line.indexOf(` nonce=${challenge.rawNonce}`)
  if (at < 0 || !plainNonce.test(challenge.nonce)) return
  const start = at + ' nonce="'.length
  last = { before: line.slice(0, start), after: line.slice(start + challenge.nonce.length), challenge }
}

function readAgain(line: string, from: 'server' | 'proxy'): DigestChallenge | undefined {
  if (last?.challenge.from !== from || !line.startsWith(last.before) || !line.endsWith(last.after)) return undefined
  const nonce = line.slice(last.before.length, line.length - last.after.length)
  return plainNonce.test(nonce) ? withNonce(last.challenge, nonce, `"${nonce}"`) : undefined
}

/** The same challenge with another nonce. One literal: an object that is spread from another has twice the size. */
export function withNonce(challenge: DigestChallenge, nonce: string, rawNonce: string): DigestChallenge {
  const { from, realm, rawRealm, rawOpaque, hash, session, rawAlgorithm, qop, stale, userhash } = challenge
  return { from, realm, rawRealm, nonce, rawNonce, rawOpaque, hash, session, rawAlgorithm, qop, stale, userhash }
}

/** A header that cannot be read must not hide a usable one beside it. */
function readable(line: string): Challenge[] {
  try {
    return parseChallenges(line)
  } catch (error) {
    if (error instanceof SipSyntaxError) return []
    throw error
  }
}

/** @returns undefined for another scheme, an unknown algorithm, no usable qop, or without realm or nonce */
export function toDigest({ scheme, parameters }: Challenge, from: 'server' | 'proxy'): DigestChallenge | undefined {
  const rawRealm = parameters.get('realm')
  const rawNonce = parameters.get('nonce')
  const rawAlgorithm = parameters.get('algorithm')
  const algorithm = /^(MD5|SHA-256|SHA-512-256)(-sess)?$/i.exec(unquote(rawAlgorithm ?? 'MD5'))
  const offered = parameters.get('qop')
  const qop = offered === undefined ? undefined : chooseQop(unquote(offered))
  if (
    scheme.toLowerCase() !== 'digest' ||
    rawRealm === undefined ||
    rawNonce === undefined ||
    unquote(rawNonce) === '' ||
    !algorithm
  )
    return undefined
  if (offered !== undefined && qop === undefined) return undefined
  // They go back in a header of ours, where no control character may stand, not even behind a backslash.
  if (/[\x00-\x1f\x7f]/.test(rawRealm + rawNonce + (parameters.get('opaque') ?? ''))) return undefined
  return {
    from,
    realm: decodeText(unquote(rawRealm)),
    rawRealm: inQuotes(rawRealm),
    nonce: unquote(rawNonce),
    rawNonce: inQuotes(rawNonce),
    rawOpaque: optional(parameters.get('opaque')),
    hash: algorithm[1]!.toUpperCase() as DigestHash,
    session: algorithm[2] !== undefined,
    rawAlgorithm: rawAlgorithm === undefined ? undefined : unquote(rawAlgorithm),
    qop,
    stale: unquote(parameters.get('stale') ?? '').toLowerCase() === 'true',
    userhash: unquote(parameters.get('userhash') ?? '').toLowerCase() === 'true'
  }
}

/** `auth` where it is offered: `auth-int` breaks behind everything that touches a body (spec of SIP ALGs). Others are not known. */
function chooseQop(list: string): Qop | undefined {
  const offered = list.split(',').map((one) => one.trim().toLowerCase())
  return offered.includes('auth') ? 'auth' : offered.includes('auth-int') ? 'auth-int' : undefined
}

function inQuotes(raw: string): string {
  return raw.startsWith('"') ? raw : `"${raw}"`
}

function optional(raw: string | undefined): string | undefined {
  return raw === undefined ? undefined : inQuotes(raw)
}
