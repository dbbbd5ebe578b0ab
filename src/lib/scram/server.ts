import { randomBytes, timingSafeEqual } from 'node:crypto'
import { ProtocolError } from '../errors.js'
import { hash, hmac, keyBytes, xor } from './keys.js'
import {
  bindingInput,
  type ChannelBinding,
  type ClientFirst,
  parseClientFinal,
  parseClientFirst,
  type ScramMechanism
} from './messages.js'
import type { InventedRecords, ScramRecord } from './record.js'
import { saslPrepare } from './saslprep.js'

export interface ScramServerOptions {
  mechanism: ScramMechanism
  /** Of the connection; undefined: it has none. */
  channelBinding?: ChannelBinding | undefined
  /** Refuse a login that is not tied to the connection. */
  requireBinding?: boolean | undefined
  invented: InventedRecords
  /** The server's half of the nonce: injected by tests only. */
  nonce?: string
}

/** For the log: the client is told nothing of it. */
export type ScramOutcome =
  | { ok: true; message: string }
  | { ok: false; reason: 'unknown user' | 'wrong password' | 'other channel' | 'other nonce' }

/**
 * The server's side of one login (RFC 5802, RFC 7677): `begin`, look the user up, `challenge`, `finish`; each once, so that a nonce is used once.
 * A user that is not known is challenged all the same, and fails as a wrong password does.
 */
export class ScramServer {
  readonly #options: ScramServerOptions
  #step: 'begin' | 'challenge' | 'finish' | 'over' = 'begin'
  #first: ClientFirst | undefined
  #record: ScramRecord | undefined
  #username = ''
  #isKnown = false
  #nonce = ''
  #serverFirst = ''

  constructor(options: ScramServerOptions) {
    this.#options = options
  }

  /** @returns the user's name, to be looked up @throws ProtocolError for what is no client-first, or another channel than the connection's */
  begin(message: string): string {
    this.#enter('begin', 'challenge')
    const first = parseClientFirst(message)
    this.#assertBinding(first)
    this.#first = first
    try {
      this.#username = saslPrepare(first.username)
      return this.#username
    } catch (cause) {
      throw new ProtocolError('The user name has a character in it that has no place there', { cause })
    }
  }

  /** @param record undefined: there is no such user @returns server-first */
  challenge(record: ScramRecord | undefined): string {
    this.#enter('challenge', 'finish')
    const { nonce } = this.#first!
    // Made for known users too, so that both take the same time.
    const invented = this.#options.invented.for(this.#username)
    this.#isKnown = record !== undefined
    this.#record = record ?? invented
    this.#nonce = nonce + (this.#options.nonce ?? randomBytes(18).toString('base64'))
    this.#serverFirst = `r=${this.#nonce},s=${this.#record.salt.toString('base64')},i=${this.#record.iterations}`
    return this.#serverFirst
  }

  /** @returns server-final, or why not @throws ProtocolError for what is no client-final */
  finish(message: string): ScramOutcome {
    this.#enter('finish', 'over')
    const { gs2Header, flag, bare } = this.#first!
    const { binding, nonce, proof, withoutProof } = parseClientFinal(message)
    const { storedKey, serverKey } = this.#record!
    const authMessage = `${bare},${this.#serverFirst},${withoutProof}`
    if (proof.length !== keyBytes) throw new ProtocolError('A proof of SCRAM-SHA-256 has 32 bytes')
    const isProved = timingSafeEqual(hash(xor(proof, hmac(storedKey, authMessage))), storedKey)
    const expected = bindingInput(gs2Header, flag === 'p' ? this.#options.channelBinding : undefined)
    if (!binding.equals(expected)) return { ok: false, reason: 'other channel' }
    if (nonce !== this.#nonce) return { ok: false, reason: 'other nonce' }
    if (!this.#isKnown) return { ok: false, reason: 'unknown user' }
    if (!isProved) return { ok: false, reason: 'wrong password' }
    return { ok: true, message: `v=${hmac(serverKey, authMessage).toString('base64')}` }
  }

  /** RFC 5802 section 6. */
  #assertBinding({ flag, bindingName }: ClientFirst): void {
    const { mechanism, channelBinding, requireBinding } = this.#options
    const isPlus = mechanism === 'SCRAM-SHA-256-PLUS'
    if (isPlus !== (flag === 'p')) throw new ProtocolError(`${mechanism} does not go with the channel binding flag "${flag}"`)
    if (isPlus && bindingName !== channelBinding?.name) {
      throw new ProtocolError(`There is no channel binding "${bindingName}" on this connection`)
    }
    // The client has one and thinks that we have none: somebody told it so.
    if (flag === 'y' && channelBinding) throw new ProtocolError('Somebody has hidden the channel binding from the client')
    if (requireBinding && !isPlus) throw new ProtocolError('A login here must be tied to its connection: SCRAM-SHA-256-PLUS')
  }

  #enter(step: 'begin' | 'challenge' | 'finish', next: 'challenge' | 'finish' | 'over'): void {
    // A failed step is not to be tried again.
    const isInOrder = this.#step === step
    this.#step = isInOrder ? next : 'over'
    if (!isInOrder) throw new ProtocolError('The steps of a login were taken out of order')
  }
}
