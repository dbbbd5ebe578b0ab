import { ExitStatus, PbxkitError } from '../../errors.js'

/** A request that is answered with a status of its own, and with the message as body. */
export class HttpError extends PbxkitError {
  readonly code = 'E_HTTP'
  readonly exit = ExitStatus.protocol
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

/** 401, with the challenge that RFC 9110 section 11.6.1 wants. */
export function unauthorized(message: string): HttpError {
  return new HttpError(401, message, challenge)
}

/** RFC 7617: user names and secrets are UTF-8. */
export const challenge = { 'WWW-Authenticate': 'Basic realm="Asterisk Manager", charset="UTF-8"' }
