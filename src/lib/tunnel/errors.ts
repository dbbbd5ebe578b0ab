import { ExitStatus, PbxkitError } from '../errors.js'

/** The other end speaks another version of the tunnel's protocol. */
export class UpgradeRequiredError extends PbxkitError {
  readonly code = 'E_UPGRADE_REQUIRED'
  readonly exit = ExitStatus.protocol
}

/** The server wants us to come back later; `details.seconds` says when. */
export class ToldToWaitError extends PbxkitError {
  readonly code = 'E_TOLD_TO_WAIT'
  readonly exit = ExitStatus.tryAgain
  readonly seconds: number

  constructor(seconds: number) {
    super(`The server asks us to wait for ${seconds} s`, { details: { seconds } })
    this.seconds = seconds
  }
}

/** The client did not take the call; `reason` is one word, for the dialplan. */
export class CallRefusedError extends PbxkitError {
  readonly code = 'E_CALL_REFUSED'
  readonly exit = ExitStatus.unreachable
  readonly reason: string

  constructor(reason: string, cause?: Error) {
    super(`The client did not take the call: ${reason}`, { details: { reason }, ...(cause && { cause }) })
    this.reason = reason
  }
}
