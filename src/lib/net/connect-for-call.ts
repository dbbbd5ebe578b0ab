import net from 'node:net'
import { ConnectError, TimeoutError } from '../errors.js'
import type { Address } from './address.js'
import { connectFailure, peerName } from './connect.js'
import { Patience } from './patience.js'

/**
 * What the system has for a socket goes in here, and is copied out: Node would make a buffer of 64 kB for each read of each socket, and give back what is
 * too much of it. It is free again when the listeners of `data` have returned.
 */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024)

/**
 * What every socket of Node is made with, whatever is asked for. It copies the options and adds these: an object that grows so is slow to read, and a socket
 * takes 7 microseconds to make instead of less than one (Node 20.20).
 */
const ownDefaults = { emitClose: false, autoDestroy: true, decodeStrings: false }

/**
 * Connects without TLS for one call, which is over in milliseconds: what `connect` does to be good for everybody (its timer, listeners that come and go)
 * would be a tenth of it. The socket is half open, has `noDelay` set, and a failure of it is followed by `close` and is no crash when nobody listens.
 * It is to be read by `data`, from the turn on in which it was connected, and can be paused; it has nothing for `read`, `pipe` and iterators.
 * @throws ConnectError, TimeoutError
 */
export function connectForCall({ host, port }: Address, timeoutMs: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket: net.Socket = net.connect({
      ...{ host, port, allowHalfOpen: true, noDelay: true, autoSelectFamily: true },
      ...ownDefaults,
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          const bytes = Buffer.allocUnsafe(length)
          readBuffer.copy(bytes, 0, 0, length)
          socket.emit('data', bytes)
          return true
        }
      }
    })
    const name = () => peerName({ host, port })
    let isConnected = false
    const patience = Patience.of(timeoutMs)
    const wait = patience.begin(() => {
      reject(new TimeoutError(`No connection to ${name()} within ${timeoutMs / 1000} s`))
      socket.destroy()
    })
    // The listeners stay, and say nothing once it is settled: to remove them makes everything slower that the socket tells later.
    socket.on('connect', () => {
      isConnected = true
      patience.end(wait)
      resolve(socket)
    })
    socket.on('error', (error) => reject(connectFailure(error, name())))
    socket.on('close', () => {
      patience.end(wait)
      if (!isConnected) reject(new ConnectError(`${name()} closed the connection`))
    })
  })
}
