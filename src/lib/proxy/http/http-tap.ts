import type { IncomingMessage } from 'node:http'
import { maskedValues } from '../../ami/secrets.js'
import type { ProxyLog } from '../options.js'
import { WireTap } from '../trace/wire-tap.js'
import { shownBlock, shownForm } from '../trace/wire-text.js'
import { peerAddress } from './request-target.js'
import type { AnswerPage } from './response.js'

/** Shows the requests of a connection and their answers, without secrets: those of headers, of the query, and of bodies in any form. */
export class HttpTap {
  readonly #request: IncomingMessage
  readonly #tap: WireTap

  private constructor(request: IncomingMessage, tap: WireTap) {
    this.#request = request
    this.#tap = tap
  }

  /** @returns undefined where nobody wants to see the wire */
  static of(log: ProxyLog, request: IncomingMessage, user: string | undefined): HttpTap | undefined {
    const tap = WireTap.of(log, () => ({ client: peerAddress(request), user }))
    return tap && new HttpTap(request, tap)
  }

  head(): void {
    const { method, url = '', httpVersion, rawHeaders } = this.#request
    const headers = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [{ name, value: rawHeaders[index + 1]! }] : []))
    const values = maskedValues(headers)
    const lines = headers.map(({ name }, index) => `${name}: ${values[index]}`)
    const text = [`${method} ${shownForm(url)} HTTP/${httpVersion}`, ...lines].join('\r\n')
    this.#tap.shown('received', text, text.length)
  }

  body(bytes: Buffer): void {
    if (bytes.length > 0) this.#tap.shown('received', shownBody(bytes.toString('utf8')), bytes.length)
  }

  answer({ status, body }: AnswerPage): void {
    this.#tap.shown('sent', `HTTP/1.1 ${status}\r\n\r\n${shownBlock(body.toString('utf8'), 'encoded')}`, body.length)
  }
}

/** A form has neither blanks nor line ends. Whatever the Content-Type says: a body of another kind has its secrets, too. */
export function shownBody(text: string): string {
  return /^[^\s{<["]*$/.test(text.trim()) && text.includes('=') ? shownForm(text) : shownBlock(text, 'encoded')
}
