import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { encodeBlock, type Field } from '../../ami/encode.js'
import { jsonFault } from '../../ami/json.js'
import { PbxkitError } from '../../errors.js'
import { acceptWebSocket } from '../../net/web-socket-stream.js'
import type { OutputFormat } from '../formats/format.js'
import { errorAnswer } from '../rewrite.js'
import { HttpError } from './http-error.js'
import { fieldsFromJson } from './request-action.js'

/**
 * Joins a WebSocket and a session: each text message of the client is one action, as a JSON object or in standard form; each block of the session
 * is one message. Either end takes the other with it.
 * @param session writes in `format`
 * @param socket ended by this function, whatever comes
 */
export function joinWebSocket(
  request: IncomingMessage,
  { socket, head }: { socket: Duplex; head: Buffer },
  session: Duplex,
  format: OutputFormat
): void {
  const refuse = (error: PbxkitError) => withoutDelimiter(format.encode(errorAnswer(error.message, undefined), 'proxy'), format)
  const decode = (message: string, reply: (message: Buffer) => void) => {
    try {
      return readMessage(message)
    } catch (error) {
      if (!(error instanceof PbxkitError)) throw error
      reply(refuse(error))
      return undefined
    }
  }
  // However the WebSocket ends, and also when ws refuses the handshake.
  socket.once('close', () => session.destroy())
  acceptWebSocket(request, { socket, head }, { delimiter: format.delimiter, decode }, (stream) => {
    stream.on('error', () => session.destroy())
    session.once('close', () => stream.end())
    session.pipe(stream)
    stream.pipe(session)
    if (session.destroyed) stream.end()
  })
}

/**
 * One message of a client as an action in standard form.
 * @throws PbxkitError
 */
export function readMessage(message: string): Buffer {
  const text = message.trim()
  if (text === '') throw new HttpError(400, 'An empty message')
  if (!/^[{[]/.test(text)) {
    // A second action behind an empty line would be an action without a message of its own.
    if (/\n\r?\n/.test(text)) throw new HttpError(400, 'A message holds one action')
    return Buffer.from(`${text}\r\n\r\n`)
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new HttpError(400, `The message is no JSON: ${jsonFault(cause)}`)
  }
  const fields: Field[] = fieldsFromJson(json, 'the message')
  return encodeBlock(fields)
}

function withoutDelimiter(bytes: Buffer, { delimiter }: OutputFormat): Buffer {
  const end = bytes.lastIndexOf(delimiter)
  return end < 0 ? bytes : bytes.subarray(0, end)
}
