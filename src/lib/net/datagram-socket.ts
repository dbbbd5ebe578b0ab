import dgram from 'node:dgram'
import net from 'node:net'
import { ConnectError, ListenError } from '../errors.js'
import { type Address, formatAddress } from './address.js'

export interface DatagramHandlers {
  onDatagram: (bytes: Buffer, source: Address) => void
  /** The system says that the peer is not there (a connected socket only: ICMP), or the network is down. */
  onError: (error: Error) => void
}

export interface DatagramOptions {
  /** Where to bind. Without a host all addresses of the family, without a port any. */
  bind?: { host?: string | undefined; port?: number | undefined } | undefined
  family: 4 | 6
  /** Talk to this peer only: the kernel drops what others send, and passes on that nothing listens there. */
  peer?: Address | undefined
}

// A burst of replies while the event loop is busy: 10,000 of 500 bytes. The kernel may grant less (net.core.rmem_max).
const receiveBufferBytes = 4 * 1024 * 1024

/** A UDP socket that is bound once and sends and receives on one port. */
export class DatagramSocket {
  readonly #socket: dgram.Socket
  readonly #isConnected: boolean
  readonly #onError: (error: Error) => void
  #isClosed = false

  private constructor(socket: dgram.Socket, isConnected: boolean, { onDatagram, onError }: DatagramHandlers) {
    this.#socket = socket
    this.#isConnected = isConnected
    this.#onError = onError
    socket.on('message', (bytes, { address, port }) => onDatagram(bytes, { host: address, port }))
    socket.on('error', onError)
  }

  /** @throws ListenError when it cannot be bound, ConnectError when there is no route to the peer */
  static async open({ bind, family, peer }: DatagramOptions, handlers: DatagramHandlers): Promise<DatagramSocket> {
    const socket = dgram.createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      ipv6Only: family === 6,
      // Hosts are addresses here: the usual lookup would take a turn of the event loop for each packet to find that out.
      lookup: (host, _options, done) => done(null, host, family)
    })
    const host = bind?.host ?? (family === 6 ? '::' : '0.0.0.0')
    const port = bind?.port ?? 0
    try {
      await settled(socket, (done) => socket.bind({ address: host, port, exclusive: true }, done))
    } catch (cause) {
      close(socket)
      throw new ListenError(`Cannot bind UDP ${formatAddress({ host, port })}: ${(cause as Error).message}`, { cause })
    }
    try {
      if (peer) await settled(socket, (done) => socket.connect(peer.port, peer.host, done))
    } catch (cause) {
      close(socket)
      throw new ConnectError(`No way to UDP ${formatAddress(peer!)}: ${(cause as Error).message}`, { cause })
    }
    try {
      socket.setRecvBufferSize(receiveBufferBytes)
    } catch {
      // The usual size serves as well, with more repeats.
    }
    return new DatagramSocket(socket, peer !== undefined, handlers)
  }

  /** With a peer: the address that is used towards it. */
  get local(): Address {
    const { address, port } = this.#socket.address()
    return { host: address, port }
  }

  /** Neither waits nor throws: what goes wrong is told to `onError`, later. */
  send(bytes: Buffer, to: Address): void {
    if (this.#isClosed) return
    try {
      if (this.#isConnected) this.#socket.send(bytes, this.#onSent)
      else this.#socket.send(bytes, to.port, to.host, this.#onSent)
    } catch (error) {
      // Node refuses port 0 at once: a forged datagram can come from it, and a Contact can name it.
      setImmediate(this.#onSent, error as Error)
    }
  }

  readonly #onSent = (error: Error | null) => {
    if (error && !this.#isClosed) this.#onError(error)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    close(this.#socket)
  }
}

/** The address of this machine from which a peer is reached: the kernel is asked, and nothing is sent. @throws ConnectError */
export async function localAddressTowards(peer: Address, bindHost?: string): Promise<string> {
  if (bindHost !== undefined && bindHost !== '0.0.0.0' && bindHost !== '::') return bindHost
  const family = net.isIPv6(peer.host) ? 6 : 4
  const socket = await DatagramSocket.open({ family, peer }, { onDatagram: () => {}, onError: () => {} })
  const { host } = socket.local
  socket.close()
  return host
}

function settled(socket: dgram.Socket, start: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(error)
    socket.once('error', fail)
    // `bind` tells a failure by the event, `connect` by its callback only.
    start((error?: Error) => {
      socket.off('error', fail)
      if (error) reject(error)
      else resolve()
    })
  })
}

function close(socket: dgram.Socket): void {
  socket.removeAllListeners('message').on('error', () => {})
  socket.close()
}
