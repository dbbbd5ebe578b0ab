import { ExitStatus, PbxkitError } from '../errors.js'

/** A command that Asterisk would not read as what was meant: a NUL, CR or LF in a word, too long, too many words, or no word at all. */
export class AgiCommandError extends PbxkitError {
  readonly code = 'E_AGI_COMMAND'
  readonly exit = ExitStatus.data
}

/** A header or a reply that cannot be written in its form. */
export class AgiEncodeError extends PbxkitError {
  readonly code = 'E_AGI_ENCODE'
  readonly exit = ExitStatus.data
}
