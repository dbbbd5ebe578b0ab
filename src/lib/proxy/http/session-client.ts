import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { encodeBlock, type Field } from '../../ami/encode.js'
import { DelimitedMessages } from '../../net/delimited.js'
import type { HttpContext, SessionPeer } from './http-context.js'
import type { Credentials } from './request-auth.js'
import { streamPair } from './stream-pair.js'

export interface LoginWish {
  /** `Events:` of the login. */
  events: string
  /** More headers of the login: `Since`, `Sequence`. */
  headers?: readonly Field[]
  /** Between two messages of the session's output. */
  delimiter: string
}

export interface LoginAnswer {
  isAccepted: boolean
  /** As the session wrote it, without its delimiter; undefined when it ended without a word. */
  message: Buffer | undefined
}

/**
 * The client's end of a session inside the process. It logs in with AMI's own actions, so that every rule of the proxy (throttle, rights, filters)
 * holds for HTTP as it does for TCP. A request that goes away takes its session with it.
 */
export class SessionClient {
  /** What the session writes is read here, and the other way round. */
  readonly stream: Duplex
  readonly #proxyKey: string | undefined

  constructor(context: HttpContext, peer: SessionPeer, { proxyKey }: Credentials) {
    const [near, far] = streamPair()
    // The end is what counts: `close` follows.
    near.on('error', () => {})
    this.stream = near
    this.#proxyKey = proxyKey
    context.openSession(far, peer)
  }

  /** @throws UnsafeHeaderError */
  readonly send = (fields: readonly Field[]): void => {
    const key: Field[] = this.#proxyKey === undefined ? [] : [['ProxyKey', this.#proxyKey]]
    // Encoded before anything is said: what is unsafe must not leave half an action behind.
    const bytes = encodeBlock([...fields, ...key])
    if (this.stream.writable) this.stream.write(bytes)
  }

  /**
   * Logs in, or where no login is needed says which events are wanted. What came behind the answer is left in the stream.
   * @throws UnsafeHeaderError
   */
  async logIn(login: Credentials['login'], { events, headers = [], delimiter }: LoginWish): Promise<LoginAnswer> {
    const id = newActionId()
    const fields: Field[] = login
      ? [
          ['Action', 'Login'],
          ['ActionID', id],
          ['Username', login.username],
          ['Secret', login.secret],
          ['Events', events]
        ]
      : [
          ['Action', 'Events'],
          ['ActionID', id],
          ['EventMask', events]
        ]
    this.send([...fields, ...headers])
    const message = await this.#messageWith(id, delimiter)
    return { isAccepted: message !== undefined && saysSuccess(message), message }
  }

  destroy(): void {
    this.stream.destroy()
  }

  #messageWith(id: string, delimiter: string): Promise<Buffer | undefined> {
    const { stream } = this
    const messages = new DelimitedMessages(delimiter)
    return new Promise((resolve) => {
      const settle = (message: Buffer | undefined) => {
        stream.off('data', onData).off('close', onEnd).off('end', onEnd)
        resolve(message)
      }
      const onEnd = () => settle(undefined)
      const onData = (chunk: Buffer) => {
        const whole = messages.push(chunk)
        const at = whole.findIndex((message) => message.includes(id))
        if (at < 0) return
        stream.pause()
        const rest = [...whole.slice(at + 1).flatMap((message) => [message, Buffer.from(delimiter)]), messages.takePending()]
        const bytes = Buffer.concat(rest)
        if (bytes.length > 0) stream.unshift(bytes)
        settle(whole[at])
      }
      if (stream.destroyed) return onEnd()
      stream.on('data', onData).once('end', onEnd).once('close', onEnd)
    })
  }
}

/** Not to be guessed: what carries it is the answer to us. */
export function newActionId(): string {
  return `http-${randomBytes(12).toString('hex')}`
}

/** The first `Response` of a message that says something, in any output format: with server-sent events, it is the name of the message, too. */
function saysSuccess(message: Buffer): boolean {
  return /\bResponse\b\W+(?:Value\W+)?(Success|Error)\b/.exec(message.toString('latin1'))?.[1] === 'Success'
}
