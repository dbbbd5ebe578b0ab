/**
 * A failure of the lab, with the sysexits status the command line ends with. The message says what was tried, with what
 * and why it failed; `next` says what the reader can do about it.
 */
export class LabError extends Error {
  readonly exitStatus: number = 70
  readonly next: string

  constructor(message: string, next: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.next = next
  }
}

/** This machine cannot make what was asked for (EX_UNAVAILABLE). Lab tests skip on it, with its message as the reason. */
export class LabUnavailableError extends LabError {
  override readonly exitStatus: number = 69
}

/** A wrong word on the command line (EX_USAGE). */
export class LabUsageError extends LabError {
  override readonly exitStatus: number = 64
}

/** A command ended with another status than 0, or could not be started, or took too long. */
export class CommandError extends LabError {}

/** A server did not come up: it ended by itself, or was not ready in time. */
export class StartError extends LabError {}
