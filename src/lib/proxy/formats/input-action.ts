import { Block } from '../../ami/block.js'
import type { ParserLimits } from '../../ami/block-parser.js'
import { encodeBlock, type Field } from '../../ami/encode.js'
import { ProtocolError, UnsafeHeaderError } from '../../errors.js'

/** As many as a block on the wire may have (see `BlockParser`); Asterisk takes 128. */
export const maxHeaders = 1_000

/** Messages go back to the client in one header: what a parser says of hostile input is cut here. */
const maxReasonLength = 200

/** What a client sent can be no action. `format` is `XML` or `JSON`. */
export function invalidInput(format: string, reason: string, cause?: unknown): ProtocolError {
  const line = reason.slice(0, maxReasonLength).replace(/[\0-\x1f\x7f]+/g, ' ')
  return new ProtocolError(`Invalid ${format} Input: ${line}`, cause === undefined ? {} : { cause })
}

/**
 * An action as it would have come as a block on the wire, within the limits of one.
 * @throws ProtocolError for no fields, too many or too long ones, and for what no header can hold (CR, LF, NUL)
 */
export function inputAction(fields: readonly Field[], limits: ParserLimits, format: string): Block {
  if (fields.length === 0) throw invalidInput(format, 'an action without headers')
  if (fields.length > maxHeaders) throw invalidInput(format, `an action with more than ${maxHeaders} headers`)
  let total = 0
  for (const [name, value] of fields) {
    const line = Buffer.byteLength(name) + Buffer.byteLength(value) + 4
    total += line
    if (line > limits.maxHeaderBytes) throw invalidInput(format, `a header is longer than ${limits.maxHeaderBytes} bytes`)
    if (total > limits.maxBlockBytes) throw invalidInput(format, `an action is longer than ${limits.maxBlockBytes} bytes`)
  }
  try {
    return new Block(encodeBlock(fields).subarray(0, -2), 'client')
  } catch (cause) {
    if (cause instanceof UnsafeHeaderError) throw invalidInput(format, cause.message, cause)
    throw cause
  }
}
