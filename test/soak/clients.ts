import { randomBytes } from 'node:crypto'
import net from 'node:net'

/** Nothing here takes long, except on a machine that has very much else to do. */
const limitMs = 30_000

export interface ExchangeOptions {
  /** End by RST, without a goodbye. */
  isRude?: boolean
  /** The address to come from: another one of loopback is somebody else to the service. */
  from?: string
}

/**
 * Says something, and reads until an answer has come or the other side has ended.
 * @returns whether the answer came
 */
export function exchange(
  port: number,
  text: string | Buffer,
  until: string,
  { isRude = false, from = '127.0.0.1' }: ExchangeOptions = {}
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: from })
    const timer = setTimeout(() => socket.destroy(), limitMs)
    let read = ''
    let isAnswered = false
    socket.on('error', () => {})
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      read = read.slice(-until.length) + chunk
      if (isAnswered || !read.includes(until)) return
      isAnswered = true
      if (isRude) socket.resetAndDestroy()
      else socket.end()
    })
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(isAnswered)
    })
    socket.write(text)
  })
}

/** What strangers and scanners send: any bytes, half a handshake, another protocol, a line without an end. */
const garbage: (() => Buffer)[] = [
  () => randomBytes(300),
  () => Buffer.from('16030100f8010000f40303', 'hex'),
  () => Buffer.from('GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n'),
  () => Buffer.from('GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n'),
  () => Buffer.alloc(200_000, 'A'),
  () => Buffer.from('<AsteriskManagerInput><Action Value="'),
  () => Buffer.from('{"Action":{"a":[[[[[['),
  () => Buffer.concat([Buffer.from('AGIT/2 '), randomBytes(60), Buffer.from('\n')]),
  () => Buffer.alloc(0)
]

/** Sends garbage, waits a moment for what comes, and goes. */
export function sendGarbage(port: number, n: number, from = '127.0.0.9'): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: from })
    const timer = setTimeout(() => socket.destroy(), 200)
    socket.on('error', () => {}).resume()
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.write(garbage[n % garbage.length]!())
  })
}

/** Connections that say something and then read nothing; the oldest goes when there are enough. */
export class SlowReaders {
  readonly #sockets: net.Socket[] = []
  readonly #port: number
  readonly #most: number

  constructor(port: number, most: number) {
    this.#port = port
    this.#most = most
  }

  add(text: string): void {
    const socket = net.connect(this.#port, '127.0.0.1')
    socket.on('error', () => {}).pause()
    socket.write(text)
    this.#sockets.push(socket)
    if (this.#sockets.length > this.#most) this.#sockets.shift()!.destroy()
  }

  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.destroy()
  }
}
