import type { Duplex } from 'node:stream'
import { ConnectionLostError, LoginError, ProtocolError, TimeoutError } from '../errors.js'
import { ToldToWaitError } from '../tunnel/errors.js'
import { closeWith } from '../tunnel/last-words.js'
import { failedLine, waitLine } from '../tunnel/protocol-1-messages.js'
import { type Protocol1Options, Protocol1Server } from '../tunnel/protocol-1-server.js'
import type { TunnelAccounts } from './accounts.js'
import { Tunnel1, type Tunnel1Events } from './tunnel-1.js'

/** 33 bytes that are sent in one piece; the original waits for them for ever. */
const loginTimeoutMs = 5_000
/** When the accounts cannot be read, clients are not told that they may not enter. */
const troubleWaitS = 30

export interface AcceptProtocol1Options {
  accounts: Pick<TunnelAccounts, 'findByToken'>
  /** @returns seconds after which the user may come back; undefined: now is fine */
  mayEnter: (username: string) => number | undefined
  address: string
  encrypted: boolean
  form?: Protocol1Options
  timeoutMs?: number | undefined
  /** @returns whom the user's tunnel tells what becomes of it */
  eventsOf: (username: string) => Tunnel1Events
}

/**
 * The login of a client of the original. When it fails, the client was told so and is being closed.
 * @throws LoginError, ToldToWaitError, ProtocolError, TimeoutError, ConnectionLostError, or what the accounts throw
 */
export async function acceptProtocol1(stream: Duplex, options: AcceptProtocol1Options): Promise<Tunnel1> {
  const machine = new Protocol1Server(options.form)
  const token = await readToken(stream, machine, options.timeoutMs ?? loginTimeoutMs)
  let username: string | undefined
  try {
    username = await options.accounts.findByToken(token)
  } catch (error) {
    closeWith(stream, waitLine(troubleWaitS))
    throw error
  }
  if (username === undefined) {
    closeWith(stream, failedLine)
    throw new LoginError('A token of protocol 1 belongs to nobody')
  }
  const waitS = options.mayEnter(username)
  if (waitS !== undefined) {
    closeWith(stream, waitLine(waitS))
    throw new ToldToWaitError(waitS)
  }
  stream.write(machine.accept())
  const { address, encrypted } = options
  return new Tunnel1(stream, machine, { username, address, encrypted }, options.eventsOf(username))
}

function readToken(stream: Duplex, machine: Protocol1Server, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer)
      stream.off('data', onData).off('end', onEnd).off('close', onEnd)
    }
    const fail = (error: Error) => {
      settle()
      closeWith(stream, failedLine)
      reject(error)
    }
    const onData = (chunk: Buffer) => {
      const event = machine.push(chunk)
      if (event?.type === 'login') {
        settle()
        stream.pause()
        resolve(event.token)
      } else if (event) fail(new ProtocolError('The client sent no login of protocol 1'))
    }
    const onEnd = () => fail(new ConnectionLostError('The client closed before it had logged in'))
    const late = () => fail(new TimeoutError(`The client did not log in within ${timeoutMs / 1000} s`))
    const timer = setTimeout(late, timeoutMs)
    stream.on('data', onData).on('end', onEnd).on('close', onEnd)
    stream.resume()
  })
}
