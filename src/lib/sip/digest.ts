import { hash as hashOnce } from 'node:crypto'
import { DataError, UnsafeHeaderError } from '../errors.js'
import type { DigestChallenge, DigestHash } from './digest-challenge.js'
import { encodeText, quoted } from './lexical.js'

/** Who we are in one realm. Text of people; it is hashed as UTF-8. */
export interface Credentials {
  username: string
  password?: string
  /** H(username:realm:password) in hex for each hash that it was made with. Where one is given it wins over the password. */
  ha1?: Partial<Record<DigestHash, string>>
  /** Nobody has said which realm they are for: they answer the one that asks, but not one of several. */
  isGuess?: boolean
}

/** The request that is to be proven. */
export interface DigestRequest {
  method: string
  /** The Request-URI, as written. */
  uri: string
  /** For `auth-int`. */
  body?: Buffer
}

/** One use of a nonce. */
export interface DigestUse {
  cnonce: string
  /** From 1 for every nonce. */
  nonceCount: number
}

// The names of OpenSSL. SHA-512-256 is the function of FIPS 180-4 with its own start values, not SHA-512 cut in half: RFC 7616's own
// example is wrong there (erratum 4897).
const functions: Record<DigestHash, string> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' }
const hexDigits: Record<DigestHash, number> = { MD5: 32, 'SHA-256': 64, 'SHA-512-256': 64 }

/** Hex in small letters. @param data text is taken as UTF-8 */
export function hashHex(hash: DigestHash, data: string | Buffer): string {
  return hashOnce(functions[hash], data, 'hex')
}

/** Can these credentials answer with a hash? A HA1 can only with its own. */
export function canAnswer(credentials: Credentials, hash: DigestHash): boolean {
  return credentials.password !== undefined || credentials.ha1?.[hash] !== undefined
}

/** H(username:realm:password). @throws DataError for a HA1 of another length, or with neither HA1 nor password */
export function ha1Of(credentials: Credentials, realm: string, hash: DigestHash): string {
  const given = credentials.ha1?.[hash]
  if (given !== undefined) {
    if (!/^[0-9a-f]+$/i.test(given) || given.length !== hexDigits[hash]) {
      throw new DataError(`a HA1 for ${hash} has ${hexDigits[hash]} hex digits`)
    }
    return given.toLowerCase()
  }
  if (credentials.password === undefined) throw new DataError(`neither a password nor a HA1 for ${hash}`)
  return hashHex(hash, `${credentials.username}:${realm}:${credentials.password}`)
}

/**
 * The response of RFC 7616 3.4.1; without qop that of RFC 2069.
 * @param ha1 of `ha1Of`; the session key of the -sess forms is made here
 */
export function digestResponse(challenge: DigestChallenge, ha1: string, request: DigestRequest, use: DigestUse): string {
  const { hash, qop } = challenge
  // Realm and nonce may hold any bytes: they are hashed as the bytes that came.
  const h = (text: string) => hashHex(hash, isAscii.test(text) ? text : Buffer.from(text, 'latin1'))
  const key = challenge.session ? h(`${ha1}:${challenge.nonce}:${use.cnonce}`) : ha1
  const entity = qop === 'auth-int' ? `:${hashHex(hash, request.body ?? Buffer.alloc(0))}` : ''
  const ha2 = entity === '' ? plainHa2(hash, request) : h(`${request.method}:${request.uri}${entity}`)
  if (qop === undefined) return h(`${key}:${challenge.nonce}:${ha2}`)
  return h(`${key}:${challenge.nonce}:${countText(use.nonceCount)}:${use.cnonce}:${qop}:${ha2}`)
}

let lastHa2 = { hash: 'MD5' as DigestHash, method: '', uri: '', hex: '' }

/** H(method:uri), kept for the next: 10,000 accounts of a registrar prove the same request. */
function plainHa2(hash: DigestHash, { method, uri }: DigestRequest): string {
  if (lastHa2.hash !== hash || lastHa2.method !== method || lastHa2.uri !== uri) {
    const text = `${method}:${uri}`
    lastHa2 = { hash, method, uri, hex: hashHex(hash, isAscii.test(text) ? text : Buffer.from(text, 'latin1')) }
  }
  return lastHa2.hex
}

const isAscii = /^[\x00-\x7f]*$/

/** Eight hex digits (RFC 7616 3.4). */
function countText(count: number): string {
  return count.toString(16).padStart(8, '0')
}

/**
 * The value of Authorization or Proxy-Authorization, as byte text. Realm, nonce, opaque and algorithm go back as they came.
 * @throws DataError as `ha1Of` does; UnsafeHeaderError for a line end in the username
 */
export function authorizationValue(
  challenge: DigestChallenge,
  credentials: Credentials,
  request: DigestRequest,
  use: DigestUse
): string {
  if (/[\r\n\0]/.test(credentials.username)) throw new UnsafeHeaderError('CR, LF or NUL in a username')
  const ha1 = ha1Of(credentials, challenge.realm, challenge.hash)
  const username = challenge.userhash
    ? hashHex(challenge.hash, `${credentials.username}:${challenge.realm}`)
    : encodeText(credentials.username)
  const parts = [
    `username=${quoted(username)}`,
    `realm=${challenge.rawRealm}`,
    `nonce=${challenge.rawNonce}`,
    `uri="${request.uri}"`,
    `response="${digestResponse(challenge, ha1, request, use)}"`
  ]
  if (challenge.rawAlgorithm !== undefined) parts.push(`algorithm=${challenge.rawAlgorithm}`)
  if (challenge.qop !== undefined) parts.push(`qop=${challenge.qop}`, `nc=${countText(use.nonceCount)}`)
  // Without qop only a session key is made with the cnonce, and only then may it be sent.
  if (challenge.qop !== undefined || challenge.session) parts.push(`cnonce="${use.cnonce}"`)
  if (challenge.rawOpaque !== undefined) parts.push(`opaque=${challenge.rawOpaque}`)
  if (challenge.userhash) parts.push('userhash=true')
  return `Digest ${parts.join(', ')}`
}
