import type { Duplex } from 'node:stream'
import { LoginError, ProtocolError, TimeoutError } from '../errors.js'
import { type YamuxOptions, YamuxSession } from '../net/yamux/session.js'
import type { ChannelBinding } from '../scram/messages.js'
import type { InventedRecords, ScramRecord } from '../scram/record.js'
import { ScramServer } from '../scram/server.js'
import { ToldToWaitError, UpgradeRequiredError } from './errors.js'
import { closeWith, ignore } from './last-words.js'
import type { Parameters } from './parameters.js'
import { failedLine, waitLine } from './protocol-1-messages.js'
import { formatChallenge, formatSuccess, formatUpgrade, maxLineBytes, parseHello } from './protocol-2-messages.js'
import { readLine } from './read-line.js'

/** A hello is on its way when the connection is there. */
const helloTimeoutMs = 5_000
/** A small machine derives a key for some seconds. */
const proofTimeoutMs = 10_000
/** When we cannot tell who may log in, clients are not told that they may not. */
const troubleWaitS = 30

export interface TunnelLogin {
  username: string
  /** What the client told of itself, bounded and without control characters: not proved, and none of it is secret. */
  parameters: Parameters
}

/** The same object may serve any number of tunnels; only the channel binding is the connection's own. */
export interface AcceptTunnelOptions extends Omit<YamuxOptions, 'role'> {
  /** @returns undefined: there is no such user */
  findRecord: (username: string) => Promise<ScramRecord | undefined>
  invented: InventedRecords
  /** The password was right: may there be a tunnel now? Otherwise the client is told to wait. @returns what the client is told of us */
  admit?: (login: TunnelLogin) => { waitS: number } | { parameters: Parameters } | undefined
  /** Only logins that are tied to their TLS connection. */
  requireBinding?: boolean
  /** For people, to a client of another version: where to get one. */
  upgradeText?: string | undefined
  timeouts?: { helloMs?: number; proofMs?: number }
}

/**
 * The server's side of protocol 2 on a new connection: login, and then the yamux session whose streams are calls. When it fails, the client was told
 * so and the stream is being closed.
 * @param stream nothing of it was read, or it was put back
 * @throws LoginError (`details.reason` for the log), ToldToWaitError, UpgradeRequiredError, ProtocolError, TimeoutError, ConnectionLostError, or what
 *   `findRecord` and `admit` throw
 */
export async function acceptTunnel(
  stream: Duplex,
  options: AcceptTunnelOptions,
  channelBinding?: ChannelBinding
): Promise<TunnelLogin & { session: YamuxSession }> {
  stream.on('error', ignore)
  try {
    const login = await authenticate(stream, options, channelBinding)
    const admitted = options.admit?.(login)
    if (admitted && 'waitS' in admitted) throw new ToldToWaitError(admitted.waitS)
    stream.write(`${formatSuccess(login.serverFinal, admitted?.parameters ?? {})}\n`)
    const { username, parameters } = login
    return { username, parameters, session: new YamuxSession(stream, yamuxOptions(options)).start() }
  } catch (error) {
    closeWith(stream, lastLine(error, options))
    throw error
  }
}

async function authenticate(
  stream: Duplex,
  { findRecord, invented, requireBinding, timeouts }: AcceptTunnelOptions,
  channelBinding: ChannelBinding | undefined
): Promise<TunnelLogin & { serverFinal: string }> {
  const hello = parseHello(await lineWithin(stream, timeouts?.helloMs ?? helloTimeoutMs))
  const scram = new ScramServer({ mechanism: hello.mechanism, channelBinding, requireBinding, invented })
  const username = scram.begin(hello.clientFirst)
  stream.write(`${formatChallenge(scram.challenge(await findRecord(username)))}\n`)
  const outcome = scram.finish(await lineWithin(stream, timeouts?.proofMs ?? proofTimeoutMs))
  if (!outcome.ok)
    throw new LoginError(`The login of ${JSON.stringify(username)} failed: ${outcome.reason}`, {
      details: { reason: outcome.reason, username }
    })
  return { username, parameters: hello.parameters, serverFinal: outcome.message }
}

async function lineWithin(stream: Duplex, timeoutMs: number): Promise<string> {
  const late = () => stream.destroy(new TimeoutError(`The client did not log in within ${timeoutMs / 1000} s`))
  const timer = setTimeout(late, timeoutMs)
  try {
    return await readLine(stream, maxLineBytes)
  } finally {
    clearTimeout(timer)
  }
}

/** Whatever is wrong with a login, the client hears the same. */
function lastLine(error: unknown, { upgradeText }: AcceptTunnelOptions): string {
  if (error instanceof UpgradeRequiredError) return formatUpgrade(upgradeText)
  if (error instanceof ToldToWaitError) return waitLine(error.seconds)
  if (error instanceof LoginError || error instanceof ProtocolError) return failedLine
  return waitLine(troubleWaitS)
}

const serverSides = new WeakMap<AcceptTunnelOptions, YamuxOptions>()

/** One object for all tunnels that are accepted with the same options. */
function yamuxOptions(options: AcceptTunnelOptions): YamuxOptions {
  const known = serverSides.get(options)
  if (known) return known
  const { handler, maxIncomingStreams, watch } = options
  const side: YamuxOptions = { role: 'server', handler, maxIncomingStreams: maxIncomingStreams ?? 0, watch }
  serverSides.set(options, side)
  return side
}
