import { createHash } from 'node:crypto'
import { LoginError, ProtocolError } from '../errors.js'
import type { Block } from './block.js'
import { encodeBlock } from './encode.js'

/** Who logs in, and how. */
export interface Credentials {
  username: string
  secret: string
  /** `md5` proves the secret without sending it; `plain` is for servers that keep only a hash. */
  auth: 'md5' | 'plain'
  /** The event mask: `on`, `off`, or classes (`call,system`). */
  events: string
}

/** The answer to an MD5 challenge: lower-case hex of MD5(challenge + secret). Asterisk refuses upper case. */
export function md5Key(challenge: string, secret: string): string {
  return createHash('md5').update(challenge).update(secret).digest('hex')
}

/** `11.0.0` of `Asterisk Call Manager/11.0.0`; undefined for another form. */
export function amiVersion(banner: string): string | undefined {
  return /^Asterisk Call Manager[^/]*\/(\S+)/i.exec(banner)?.[1]
}

/** Does this first line surely come from something else than AMI? Custom banners of proxies are welcome, other protocols are not. */
export function isForeignBanner(banner: string): boolean {
  return /^(SSH-|HTTP\/|RTSP\/|SIP\/|\d{3}[ -]|\+OK|\* OK|<|RFB |\{)|[\u0000-\u001f\u007f\ufffd]/.test(banner)
}

/** The log-in dialogue, without a socket: what to send after the banner, and what to make of the answers. */
export class LoginDialogue {
  readonly #credentials: Credentials
  readonly #id: string
  readonly #peer: string
  #step: 'challenge' | 'login' = 'login'

  /** @param id the ActionID of the dialogue @param peer the server's name for messages */
  constructor(credentials: Credentials, id: string, peer: string) {
    this.#credentials = credentials
    this.#id = id
    this.#peer = peer
  }

  /** The first bytes to send. @throws UnsafeHeaderError for a user name or secret with a line break */
  start(): Buffer {
    const { username, secret, auth, events } = this.#credentials
    if (auth === 'plain') {
      return encodeBlock([
        ['Action', 'Login'],
        ['ActionID', this.#id],
        ['Username', username],
        ['Secret', secret],
        ['Events', events]
      ])
    }
    this.#step = 'challenge'
    return encodeBlock([
      ['Action', 'Challenge'],
      ['ActionID', this.#id],
      ['AuthType', 'MD5']
    ])
  }

  /**
   * Takes one block from the server.
   * @returns bytes to send next, `done`, or undefined for a block that is not ours
   * @throws LoginError, ProtocolError
   */
  push(block: Block): Buffer | 'done' | undefined {
    const response = block.get('Response')?.trim()
    // Old proxies (astmanproxy) put the ActionID before the response, and some leave it out: while we log in, every response is ours.
    if (response === undefined) return undefined
    if (response.toLowerCase() !== 'success') throw this.#refused(block.get('Message')?.trim() ?? response)
    if (this.#step === 'login') return 'done'
    this.#step = 'login'
    const challenge = block.get('Challenge')?.trim()
    if (!challenge)
      throw new ProtocolError(`${this.#peer} accepted the request for a challenge but sent none`, { hint: 'Try --auth plain.' })
    const { username, secret, events } = this.#credentials
    return encodeBlock([
      ['Action', 'Login'],
      ['ActionID', this.#id],
      ['AuthType', 'MD5'],
      ['Username', username],
      ['Key', md5Key(challenge, secret)],
      ['Events', events]
    ])
  }

  #refused(message: string): LoginError {
    const { username, auth } = this.#credentials
    const challenged = this.#step === 'challenge'
    return new LoginError(
      `${this.#peer} refused ${challenged ? 'the MD5 challenge' : `the login of "${username}"`}: ${message}`,
      {
        details: { username, message },
        hint:
          challenged || auth === 'md5'
            ? 'Is the secret right, and may this user log in from here? A server that keeps only hashes needs --auth plain.'
            : 'Is the secret right, and may this user log in from here?'
      }
    )
  }
}
