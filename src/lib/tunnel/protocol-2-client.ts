import type { Duplex } from 'node:stream'
import { TimeoutError } from '../errors.js'
import { type YamuxOptions, YamuxSession } from '../net/yamux/session.js'
import { type ClientSecret, ScramClient } from '../scram/client.js'
import type { ChannelBinding } from '../scram/messages.js'
import { ignore } from './last-words.js'
import type { Parameters } from './parameters.js'
import { formatHello, maxLineBytes, parseChallenge, parseSuccess } from './protocol-2-messages.js'
import { readLine } from './read-line.js'

/** Two round trips, and some seconds of computing on a small machine. */
const defaultTimeoutMs = 15_000

export interface OpenTunnelOptions extends Omit<YamuxOptions, 'role'> {
  username: string
  secret: ClientSecret
  /** Of the connection; with it the login is good for this connection only. */
  channelBinding?: ChannelBinding | undefined
  /** What the server is told of us. */
  parameters?: Parameters
  timeoutMs?: number
}

/**
 * The client's side of protocol 2 on a new connection: login, and then the yamux session whose streams are calls. The stream is destroyed when it fails.
 * @returns what the server told of itself
 * @throws LoginError (the server refused, or does not know the account itself), ToldToWaitError, UpgradeRequiredError, ProtocolError, TimeoutError,
 *   ConnectionLostError, DataError
 */
export async function openTunnel(
  stream: Duplex,
  options: OpenTunnelOptions
): Promise<{ session: YamuxSession; parameters: Parameters }> {
  const { username, secret, channelBinding, timeoutMs = defaultTimeoutMs } = options
  stream.on('error', ignore)
  const late = () => stream.destroy(new TimeoutError(`The server did not finish the login within ${timeoutMs / 1000} s`))
  const timer = setTimeout(late, timeoutMs)
  try {
    const scram = new ScramClient({ username, secret, channelBinding })
    const { mechanism } = scram
    stream.write(`${formatHello({ mechanism, clientFirst: scram.first(), parameters: options.parameters ?? {} })}\n`)
    const serverFirst = parseChallenge(await readLine(stream, maxLineBytes))
    stream.write(`${await scram.final(serverFirst)}\n`)
    const { serverFinal, parameters } = parseSuccess(await readLine(stream, maxLineBytes))
    scram.verify(serverFinal)
    return { session: new YamuxSession(stream, { ...options, role: 'client' }).start(), parameters }
  } catch (error) {
    stream.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}
