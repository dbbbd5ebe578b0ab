import { Block } from '../../ami/block.js'
import { BlockParser } from '../../ami/block-parser.js'
import { shapelessAnswers } from '../../ami/catalog/overlay.js'
import { errorAnswer } from '../rewrite.js'
import { AnswerBlocks, statusOf } from './answer-blocks.js'
import type { HttpContext, SessionPeer } from './http-context.js'
import { HttpError, unauthorized } from './http-error.js'
import type { Credentials } from './request-auth.js'
import type { RequestOptions } from './request-options.js'
import { newActionId, SessionClient } from './session-client.js'

export interface ActionResult {
  status: number
  /** Each with its empty line. */
  blocks: readonly Buffer[]
}

/** A block from a server may be as long as the proxy's own limit says: the session is not bounded a second time. */
const noLimit = { maxHeaderBytes: Number.MAX_SAFE_INTEGER, maxBlockBytes: Number.MAX_SAFE_INTEGER }

export interface ActionRun {
  peer: SessionPeer
  credentials: Credentials
  options: RequestOptions
  /** The client has gone: the session goes, too. */
  aborted: AbortSignal
}

/**
 * Runs one action in a session of its own, and gathers its answer.
 * @throws HttpError 401, 429, 502, 503, 504
 * @throws UnsafeHeaderError
 */
export async function runAction(context: HttpContext, { peer, credentials, options, aborted }: ActionRun): Promise<ActionResult> {
  const client = new SessionClient(context, peer, credentials)
  const end = () => client.destroy()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    end()
  }, options.timeoutMs)
  aborted.addEventListener('abort', end, { once: true })
  if (aborted.aborted) end()
  try {
    const loginAnswer = await logIn(client, credentials, options, () => isLate)
    if (loginAnswer) return loginAnswer
    const answer = await ask(client, options)
    if (answer.isTooLarge) throw new HttpError(502, 'The answer is too long')
    if (answer.isDone) return { status: statusOf(options.action, answer), blocks: answer.blocks }
    // What came is given out, with an error behind it: the action may have done its work.
    const failure = isLate ? timeOut(options) : new HttpError(502, 'The session ended before the answer was complete')
    if (answer.blocks.length === 0) throw failure
    return { status: failure.status, blocks: [...answer.blocks, errorAnswer(failure.message, clientId(options))] }
  } finally {
    clearTimeout(timer)
    aborted.removeEventListener('abort', end)
    end()
  }
}

function clientId({ actionId }: RequestOptions): Buffer | undefined {
  return actionId === undefined ? undefined : Buffer.from(actionId)
}

function timeOut({ timeoutMs }: RequestOptions): HttpError {
  return new HttpError(504, `No complete answer within ${timeoutMs} ms`)
}

/** Sends the action. Settles when its answer is complete, too long, or the session has ended. */
function ask(
  { stream, send }: SessionClient,
  { action, actionId, fields, untilEvent, autoFilter }: RequestOptions
): Promise<AnswerBlocks> {
  const id = actionId ?? newActionId()
  const answer = new AnswerBlocks({ action, id, hidesId: actionId === undefined, untilEvent, autoFilter })
  const parser = new BlockParser({ from: 'server', ...noLimit })
  // The session says none.
  parser.banner = ''
  send([...fields, ['ActionID', id]])
  // Its answer may be nothing but an empty line: that of a Ping behind it shows that it was.
  const pingId = shapelessAnswers.has(action.toLowerCase()) ? newActionId() : undefined
  if (pingId)
    send([
      ['Action', 'Ping'],
      ['ActionID', pingId]
    ])
  return new Promise((resolve) => {
    if (stream.destroyed) return resolve(answer)
    const settle = () => {
      stream.off('data', onData)
      resolve(answer)
    }
    const onData = (chunk: Buffer) => {
      for (const block of parser.push(chunk)) {
        if (pingId && block.get('ActionID') === pingId) answer.close()
        else answer.push(block)
        if (answer.isDone || answer.isTooLarge) return settle()
      }
    }
    stream.on('data', onData).once('end', settle).once('close', settle)
    stream.resume()
  })
}

/**
 * @returns the answer to `Action: Login` without a user of its own: are the credentials of the request right? Undefined: the action is to follow
 * @throws HttpError 401, 429, 503, 504
 */
async function logIn(
  client: SessionClient,
  { login, proxyKey }: Credentials,
  options: RequestOptions,
  isLate: () => boolean
): Promise<ActionResult | undefined> {
  const isLogin = options.action.toLowerCase() === 'login'
  // These need no login, and a session that wants one would refuse what is said before them.
  if (!login && (isLogin || options.action.toLowerCase() === 'challenge')) return undefined
  const { isAccepted, message } = await client.logIn(login, {
    events: options.untilEvent === undefined ? 'off' : 'on',
    delimiter: '\r\n\r\n'
  })
  if (isLate()) throw timeOut(options)
  if (!isAccepted) throw refusedLogin(message, proxyKey !== undefined || login !== undefined)
  const namesUser = options.fields.some(([name]) => /^(username|authtype)$/i.test(name.trim()))
  if (!isLogin || namesUser) return undefined
  return { status: 200, blocks: [Buffer.from('Response: Success\r\nMessage: Authentication accepted\r\n\r\n')] }
}

/** Why a session did not take the login, as an HTTP error. `message` is in standard form. */
export function refusedLogin(message: Buffer | undefined, hadCredentials: boolean): HttpError {
  if (!message) return hadCredentials ? unauthorized('Authentication failed') : new HttpError(503, 'The session ended')
  const response = new Block(Buffer.concat([message, Buffer.from('\r\n')]))
  const text = response.get('Message')?.trim() || 'Authentication failed'
  const status = statusOf('Login', { response, isCancelled: false })
  return status === 429 || status === 503 ? new HttpError(status, text) : unauthorized(text)
}
