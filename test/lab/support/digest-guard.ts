import { createHash, randomBytes } from 'node:crypto'
import type { ReplyParts } from '../../../src/lib/sip/build.js'
import type { SipRequest } from '../../../src/lib/sip/message.js'

export interface Login {
  username: string
  password: string
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** Lets in who answers a digest challenge (RFC 2617, MD5 with qop=auth), and computes that by itself. */
export class DigestGuard {
  readonly #login: Login
  readonly #nonce = randomBytes(8).toString('hex')

  constructor(login: Login) {
    this.#login = login
  }

  /** @returns a challenge; undefined for a request with the right answer */
  refuse(request: SipRequest): ReplyParts | undefined {
    const given = request.get('Authorization') ?? ''
    const value = (name: string) => new RegExp(`\\b${name}="?([^",]*)"?`).exec(given)?.[1] ?? ''
    const { username, password } = this.#login
    const [ha1, ha2] = [md5(`${username}:provider:${password}`), md5(`${request.start.method}:${value('uri')}`)]
    const expected = md5([ha1, this.#nonce, value('nc'), value('cnonce'), value('qop'), ha2].join(':'))
    if (given !== '' && value('username') === username && value('response') === expected) return undefined
    return {
      status: 401,
      headers: [['WWW-Authenticate', `Digest realm="provider", nonce="${this.#nonce}", qop="auth", algorithm=MD5`]]
    }
  }
}
