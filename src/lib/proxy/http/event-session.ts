import type { IncomingMessage } from 'node:http'
import type { Field } from '../../ami/encode.js'
import type { HttpContext, SessionPeer } from './http-context.js'
import { HttpError } from './http-error.js'
import { readParameters } from './request-action.js'
import { demandCredentials, readCredentials } from './request-auth.js'
import { sessionPeer } from './request-target.js'
import { refusedLogin } from './run-action.js'
import { SessionClient } from './session-client.js'

export interface EventSessionWish {
  /** By their names in lower case. */
  parameters: ReadonlyMap<string, string>
  output: SessionPeer['output']
  /** Between two messages of that output. */
  delimiter: string
  /** The client has gone: the session goes, too. */
  aborted: AbortSignal
}

/** The parameters of a query by their names in lower case; of a repeated one the last counts. */
export function parameterMap(query: string): ReadonlyMap<string, string> {
  return new Map(readParameters(query).map(([name, value]) => [name.toLowerCase(), value]))
}

/**
 * Opens a session whose output goes on and on, and logs in before anything is said to the client: one that may not come in sees it by the status.
 * Parameters: `events` (an event mask), `since` (as `Last-Event-ID`), `ProxyKey`. A WebSocket without credentials, as browsers have it, is let in
 * to log in by a message: the session refuses everything else.
 * @throws HttpError
 */
export async function openEventSession(
  context: HttpContext,
  request: IncomingMessage,
  { parameters, output, delimiter, aborted }: EventSessionWish
): Promise<SessionClient> {
  const credentials = readCredentials(request.headers, parameters.get('proxykey'))
  const mayLogInLater = output !== 'sse' && !credentials.login && credentials.proxyKey === undefined
  if (!mayLogInLater) demandCredentials(credentials, context.options())
  const headers = resumeAt(request, parameters)
  const client = new SessionClient(context, sessionPeer(request, output), credentials)
  const end = () => client.destroy()
  aborted.addEventListener('abort', end, { once: true })
  if (aborted.aborted) end()
  if (mayLogInLater) return client
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    end()
  }, context.options().defaultTimeoutMs)
  try {
    const { isAccepted, message } = await client.logIn(credentials.login, {
      events: parameters.get('events') || 'on',
      headers,
      delimiter
    })
    if (isLate) throw new HttpError(504, 'No answer to the login in time')
    if (!isAccepted) throw refusedLogin(output === 'standard' ? message : undefined, message !== undefined || hasAny(credentials))
    return client
  } catch (error) {
    end()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function hasAny({ login, proxyKey }: { login?: unknown; proxyKey?: unknown }): boolean {
  return login !== undefined || proxyKey !== undefined
}

/** Where a client that comes back goes on: behind the event whose number it gives (`Last-Event-ID`, which a browser sends by itself, or `since`). */
function resumeAt(request: IncomingMessage, parameters: ReadonlyMap<string, string>): Field[] {
  const header = request.headers['last-event-id']
  const since = (typeof header === 'string' ? header : undefined) || parameters.get('since')
  if (!since) return [['Sequence', 'on']]
  if (!/^[\w.:-]{1,64}$/.test(since)) throw new HttpError(400, 'Last-Event-ID is the number of an event')
  return [
    ['Sequence', 'on'],
    ['Since', since]
  ]
}
