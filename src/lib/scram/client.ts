import { randomBytes, timingSafeEqual } from 'node:crypto'
import { LoginError, ProtocolError } from '../errors.js'
import { clientKeyOf, hash, hmac, serverKeyOf, xor } from './keys.js'
import {
  bindingInput,
  type ChannelBinding,
  encodeName,
  parseServerFinal,
  parseServerFirst,
  type ScramMechanism
} from './messages.js'
import { iterationLimits, saltLimits, saltPassword } from './record.js'
import { saslPrepare } from './saslprep.js'

/** A client's password. Keeps what the last salt made of it, so that a client that comes back does not compute it again. */
export class ClientSecret {
  readonly #password: string
  #last: { key: string; salted: Promise<Buffer> } | undefined

  constructor(password: string) {
    this.#password = password
  }

  salted(salt: Buffer, iterations: number): Promise<Buffer> {
    const key = `${iterations}:${salt.toString('base64')}`
    if (this.#last?.key !== key) this.#last = { key, salted: saltPassword(this.#password, salt, iterations) }
    return this.#last.salted
  }
}

export interface ScramClientOptions {
  username: string
  secret: ClientSecret
  /** Of the connection: the login is tied to it. */
  channelBinding?: ChannelBinding | undefined
  /** Injected by tests only. */
  nonce?: string
}

/** The client's side of one login (RFC 5802, RFC 7677): `first`, `final` with the server's first message, `verify` with its last. */
export class ScramClient {
  readonly #options: ScramClientOptions
  readonly #nonce: string
  readonly #gs2Header: string
  readonly #bare: string
  #signature: Buffer | undefined

  /** @throws DataError for a name with characters that none has */
  constructor(options: ScramClientOptions) {
    this.#options = options
    this.#nonce = options.nonce ?? randomBytes(18).toString('base64')
    this.#gs2Header = options.channelBinding ? `p=${options.channelBinding.name},,` : 'n,,'
    this.#bare = `n=${encodeName(saslPrepare(options.username))},r=${this.#nonce}`
  }

  get mechanism(): ScramMechanism {
    return this.#options.channelBinding ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256'
  }

  first(): string {
    return this.#gs2Header + this.#bare
  }

  /**
   * @param serverFirst from a server that is not trusted yet: what it asks to be computed is bounded
   * @throws ProtocolError, DataError (a password with characters that none has)
   */
  async final(serverFirst: string): Promise<string> {
    const { nonce, salt, iterations } = parseServerFirst(serverFirst)
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw new ProtocolError('The server does not answer the nonce that it was given')
    }
    if (iterations < iterationLimits.min || iterations > iterationLimits.max) {
      throw new ProtocolError(`The server asks for ${iterations} iterations: too few to be safe, or too many to be meant`)
    }
    if (salt.length < saltLimits.min || salt.length > saltLimits.max) throw new ProtocolError('The salt is too short or too long')
    const salted = await this.#options.secret.salted(salt, iterations)
    const binding = bindingInput(this.#gs2Header, this.#options.channelBinding)
    const withoutProof = `c=${binding.toString('base64')},r=${nonce}`
    const authMessage = `${this.#bare},${serverFirst},${withoutProof}`
    const clientKey = clientKeyOf(salted)
    const proof = xor(clientKey, hmac(hash(clientKey), authMessage))
    this.#signature = hmac(serverKeyOf(salted), authMessage)
    return `${withoutProof},p=${proof.toString('base64')}`
  }

  /** @throws LoginError when the server does not know the account; ProtocolError */
  verify(serverFinal: string): void {
    const answer = parseServerFinal(serverFinal)
    if ('error' in answer) throw new LoginError(`The server refused the login: ${JSON.stringify(answer.error)}`)
    const expected = this.#signature
    this.#signature = undefined
    if (!expected || answer.signature.length !== expected.length || !timingSafeEqual(answer.signature, expected)) {
      throw new LoginError('The server does not prove that it knows the account', {
        hint: 'Somebody else may have answered in its place: check the address and the certificate.'
      })
    }
  }
}
