import type net from 'node:net'
import { encodeCommand } from '../agi/command.js'
import { HeaderBlockReader } from '../agi/header-block.js'
import { ConnectionLostError, LoginError, type PbxkitError, ProtocolError } from '../errors.js'
import { connect } from '../net/connect.js'
import { ToldToWaitError } from '../tunnel/errors.js'
import { Protocol1Client, type Protocol1ClientEvent } from '../tunnel/protocol-1-client.js'
import { takeCall } from './take-call.js'
import type { TunnelConnection } from './tunnel-client.js'

/** A server that is gone without a word is noticed by the system only. */
const keepAliveMs = 30_000
/** Asterisk has so long to take the outcome of a call that was not connected. */
const refusalMs = 2_000

/**
 * One connection of protocol 1: login, the wait for a call, and the call.
 * @returns true when there was a call @throws LoginError, ToldToWaitError, ConnectionLostError, ProtocolError, what `connect` throws
 */
export async function serveProtocol1(connection: TunnelConnection, signal: AbortSignal): Promise<boolean> {
  const { host, port, tls, timeoutMs, username, password, target, drainMs, onEvent, onAccepted } = connection
  const socket = await connect({ host, port, tls, timeoutMs, signal })
  const stop = () => socket.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    socket.setKeepAlive(true, keepAliveMs)
    socket.allowHalfOpen = true
    socket.write(Protocol1Client.login(username, password))
    const { headers: block, callId, rest } = await waitForCall(socket, onAccepted)
    const { headers } = new HeaderBlockReader().push(block)!
    if (rest.length > 0) socket.unshift(rest)
    // A call that has begun is not cut by a stop, but it does not hold it up for ever either.
    signal.removeEventListener('abort', stop)
    signal.addEventListener('abort', () => setTimeout(stop, drainMs).unref(), { once: true })
    const call = { id: callId, headers, stream: socket, accept: () => {}, reset: () => void socket.resetAndDestroy() }
    await takeCall({ ...call, refuse: () => refuse(socket) }, target, onEvent)
    return true
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

interface StartedCall {
  headers: Buffer
  callId: string | undefined
  /** Bytes of Asterisk that came with them. */
  rest: Buffer
}

function waitForCall(socket: net.Socket, onAccepted: () => void): Promise<StartedCall> {
  const client = new Protocol1Client()
  return new Promise((resolve, reject) => {
    const settle = () => void socket.off('data', onData).off('end', onEnd).off('close', onEnd)
    const onEnd = () => {
      settle()
      reject(new ConnectionLostError('The server closed the connection'))
    }
    const onData = (chunk: Buffer) => {
      try {
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
  if (event.type === 'failed') return new LoginError('The server refused the login', { hint: 'Check the user and the password.' })
  if (event.type === 'wait') return new ToldToWaitError(event.seconds)
  if (event.type === 'unexpected')
    return new ProtocolError('The server does not speak protocol 1', { details: { line: event.line.slice(0, 200) } })
  return undefined
}

/** The server has said SUCCESS already: it is taken back. */
function refuse(socket: net.Socket): void {
  socket.resume()
  socket.end(encodeCommand(['SET VARIABLE', 'BRIDGE_OUTCOME', 'FAILED']))
  setTimeout(() => socket.destroy(), refusalMs).unref()
}

/** A failure is followed by `close`. */
function ignore(): void {}
