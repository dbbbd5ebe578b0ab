import type net from 'node:net'
import { encodeCommand } from '../agi/command.js'
import { HeaderBlockReader } from '../agi/header-block.js'
import { ConnectionLostError, LoginError, type PbxkitError, ProtocolError } from '../errors.js'
import { connect } from '../net/connect.js'
import { ToldToWaitError, UpgradeRequiredError } from '../tunnel/errors.js'
import { Protocol1Client, type Protocol1ClientEvent } from '../tunnel/protocol-1-client.js'
import { takeCall } from './take-call.js'
import type { TunnelConnection } from './tunnel-client.js'

/** A server that is gone without a word is noticed by the system only. */
const keepAliveMs = 30_000
/** Asterisk has so long to take the outcome of a call that was not connected. */
const refusalMs = 2_000

/** The original answers a login when a call comes, ours at once. */
const silenceMs = 2_000
const refusedHint = 'Check the user and the password. A user may also be one of protocol 2 only: see agi tunnel user list.'
/** A server ends a connection that had no call for some minutes, as the original does; one that does so at once has trouble. */
const standingMs = 10_000

/**
 * One connection of protocol 1: login, the wait for a call, and the call.
 * @returns true when it did its work: there was a call, or it stood for long @throws LoginError, ToldToWaitError, UpgradeRequiredError, ConnectionLostError, ProtocolError, what `connect` throws
 */
export async function serveProtocol1(connection: TunnelConnection, signal: AbortSignal): Promise<boolean> {
  const { host, port, tls, timeoutMs, username, password, drainMs } = connection
  const socket = await connect({ host, port, tls, timeoutMs, signal })
  const stop = () => socket.destroy()
  const stopCall = () => setTimeout(stop, drainMs).unref()
  signal.addEventListener('abort', stop, { once: true })
  try {
    socket.setKeepAlive(true, keepAliveMs)
    socket.allowHalfOpen = true
    socket.write(Protocol1Client.login(username, password))
    const startMs = performance.now()
    const started = await waitForCall(socket, connection)
    if (!started) {
      socket.destroy()
      if (performance.now() - startMs >= standingMs) return true
      throw new ConnectionLostError('The server closed the connection')
    }
    const { headers: block, callId, rest } = started
    const { headers } = new HeaderBlockReader().push(block)!
    if (rest.length > 0) socket.unshift(rest)
    // A call that has begun is not cut by a stop, but it does not hold it up for ever either.
    signal.removeEventListener('abort', stop)
    signal.addEventListener('abort', stopCall, { once: true })
    const call = { id: callId, headers, stream: socket, accept: () => {}, reset: () => void socket.resetAndDestroy() }
    await takeCall({ ...call, refuse: (reason) => refuse(socket, reason) }, connection)
    return true
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    signal.removeEventListener('abort', stopCall)
  }
}

interface StartedCall {
  headers: Buffer
  callId: string | undefined
  /** Bytes of Asterisk that came with them. */
  rest: Buffer
}

/** @returns undefined when the server has closed @throws as `serveProtocol1` */
function waitForCall(
  socket: net.Socket,
  { onAccepted, onWaiting }: Pick<TunnelConnection, 'onAccepted' | 'onWaiting'>
): Promise<StartedCall | undefined> {
  const client = new Protocol1Client()
  return new Promise((resolve, reject) => {
    const silence = setTimeout(onWaiting, silenceMs)
    const settle = () => {
      clearTimeout(silence)
      socket.off('data', onData).off('end', onEnd).off('close', onEnd)
    }
    const onEnd = () => {
      settle()
      resolve(undefined)
    }
    const onData = (chunk: Buffer) => {
      try {
        clearTimeout(silence)
        const events = client.push(chunk)
        if (events[0]?.type === 'accepted') onAccepted()
        const call = events.find((event) => event.type === 'call')
        const failure = events.map(failureOf).find((error) => error !== undefined)
        if (failure) throw failure
        if (!call) return
        settle()
        socket.pause()
        resolve({ ...call, rest: Buffer.concat(events.flatMap((event) => (event.type === 'data' ? [event.bytes] : []))) })
      } catch (error) {
        settle()
        reject(error)
      }
    }
    socket.on('error', ignore).on('data', onData).on('end', onEnd).on('close', onEnd)
  })
}

function failureOf(event: Protocol1ClientEvent): PbxkitError | undefined {
  if (event.type === 'failed') return new LoginError('The server refused the login', { hint: refusedHint })
  if (event.type === 'wait') return new ToldToWaitError(event.seconds)
  if (event.type === 'upgrade') {
    const { versions, text } = event
    const why = text === undefined ? '' : `: ${text}`
    return new UpgradeRequiredError(`The server does not take protocol 1, but ${versions.join(',')}${why}`, {
      hint: 'Leave --protocol 1 out.',
      details: { versions, ...(text !== undefined && { text }) }
    })
  }
  if (event.type === 'unexpected')
    return new ProtocolError('The server does not speak protocol 1', { details: { line: event.line.slice(0, 200) } })
  return undefined
}

/** The server has said SUCCESS already: it is taken back. Asterisk runs both commands when it sees the end. */
function refuse(socket: net.Socket, reason: string): void {
  socket.resume()
  const told = { BRIDGE_REASON: reason, BRIDGE_OUTCOME: 'FAILED' }
  socket.end(Buffer.concat(Object.entries(told).map(([name, value]) => encodeCommand(['SET VARIABLE', name, value]))))
  setTimeout(() => socket.destroy(), refusalMs).unref()
}

/** A failure is followed by `close`. */
function ignore(): void {}
