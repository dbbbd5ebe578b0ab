import { ExitStatus, PbxkitError } from '../errors.js'

/** A command that must not be sent as it is: empty, of several lines, or one that the sniffer would take for something else. */
export class CommandTextError extends PbxkitError {
  readonly code = 'E_COMMAND_TEXT'
  readonly exit = ExitStatus.usage
}

/** The first word is no command of the sniffer's, which would then run whatever command's name occurs in the text. */
export class UnknownCommandError extends PbxkitError {
  readonly code = 'E_UNKNOWN_COMMAND'
  readonly exit = ExitStatus.usage
}

/** Parameters that the sniffer would ignore without a word, and then answer with everything. */
export class CommandParametersError extends PbxkitError {
  readonly code = 'E_COMMAND_PARAMETERS'
  readonly exit = ExitStatus.data
}

/** A key, an IV or a cipher that cannot be used: not base64, too short, or a cipher that gives the text away. */
export class ManagerKeyError extends PbxkitError {
  readonly code = 'E_MANAGER_KEY'
  readonly exit = ExitStatus.config
}

/** The ciphertext has the request's end mark `:sea` in it, and no other way to write the request is free of it. */
export class CiphertextEndMarkError extends PbxkitError {
  readonly code = 'E_CIPHERTEXT_END_MARK'
  readonly exit = ExitStatus.data
}

/** The sniffer answers this command over TCP only when it is encrypted. */
export class NeedAesError extends PbxkitError {
  readonly code = 'E_NEED_AES'
  readonly exit = ExitStatus.refused
}

/** We cannot read the sniffer's answer: it holds another key. */
export class WrongKeyError extends PbxkitError {
  readonly code = 'E_WRONG_KEY'
  readonly exit = ExitStatus.refused
}

/** The key is right and the IV is not: all but the first 16 bytes of the answer can be read. */
export class WrongIvError extends PbxkitError {
  readonly code = 'E_WRONG_IV'
  readonly exit = ExitStatus.refused
}

/** The sniffer has no key, or knows no encryption at all. */
export class NoSnifferKeyError extends PbxkitError {
  readonly code = 'E_NO_SNIFFER_KEY'
  readonly exit = ExitStatus.refused
}

/** The sniffer holds our key and could not decrypt the request all the same. */
export class UnreadableRequestError extends PbxkitError {
  readonly code = 'E_UNREADABLE_REQUEST'
  readonly exit = ExitStatus.protocol
}

/** Clear text came where only an encrypted answer is to be believed. */
export class PlainReplyError extends PbxkitError {
  readonly code = 'E_PLAIN_REPLY'
  readonly exit = ExitStatus.protocol
}

/** The connection closed in the middle of the answer. */
export class CutReplyError extends PbxkitError {
  readonly code = 'E_CUT_REPLY'
  readonly exit = ExitStatus.protocol
}

/** The sniffer does not know the command. */
export class CommandNotFoundError extends PbxkitError {
  readonly code = 'E_COMMAND_NOT_FOUND'
  readonly exit = ExitStatus.no
}

export function cutReply(cause?: unknown): CutReplyError {
  return new CutReplyError("The sniffer's answer is cut: the connection was closed in the middle of it", {
    cause,
    hint: 'Try again; if it stays so, look into the log of the sniffer.'
  })
}
