import net from 'node:net'
import type { Address } from '../../../../../src/lib/net/address.js'

/** No test waits longer than this for what must come. */
export const limitMs = 4000

/** Waits until a condition holds that is looked at whenever something comes in. */
export function until(source: net.Socket, done: () => boolean, what: () => string): Promise<void> {
  if (done()) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!done()) return
      finish()
      resolve()
    }
    const timer = setTimeout(() => {
      finish()
      reject(new Error(`Not within ${limitMs} ms; ${what()}`))
    }, limitMs)
    const finish = () => {
      clearTimeout(timer)
      source.off('data', look).off('close', look).off('end', look)
    }
    source.on('data', look).on('close', look).on('end', look)
  })
}

/** A client of the proxy that sends any bytes and keeps all that comes, as latin1: one character is one byte. */
export class RawClient {
  readonly socket: net.Socket
  readonly closed: Promise<void>
  received = ''
  /** Has the proxy ended the connection? */
  ended = false

  private constructor(socket: net.Socket) {
    this.socket = socket
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    socket.once('end', () => {
      this.ended = true
    })
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1')
    })
  }

  /** Connects and takes the banner. @param options.localAddress where it comes from: 127.0.0.0/8 is all this machine's */
  static async connect({ host, port }: Address, options: { localAddress?: string } = {}): Promise<RawClient> {
    const client = new RawClient(net.connect({ port, host, ...options }))
    await client.until(() => client.received.endsWith('\r\n'))
    return client
  }

  /** Logs in and waits until the proxy has said that a server is booted. */
  static async login(address: Address, { events = 'on', user = 'ann', secret = 'ann-secret' } = {}): Promise<RawClient> {
    const client = await RawClient.connect(address)
    client.send(`Action: Login\r\nUsername: ${user}\r\nSecret: ${secret}\r\nEvents: ${events}\r\n\r\n`)
    await client.block('Message: Authentication accepted')
    if (events === 'on') await client.block('Event: FullyBooted')
    client.received = ''
    return client
  }

  send(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  }

  /** All whole blocks so far, each without its empty line. The banner is none. */
  get blocks(): string[] {
    return this.received
      .replace(/^Asterisk Call Manager[^\n]*\n/, '')
      .split('\r\n\r\n')
      .slice(0, -1)
      .map((block) => `${block}\r\n`)
  }

  until(done: () => boolean): Promise<void> {
    return until(this.socket, done, () => `the client received ${JSON.stringify(this.received.slice(-600))}`)
  }

  /** Waits for the first whole block that holds a text. */
  async block(text: string): Promise<string> {
    await this.until(() => this.blocks.some((block) => block.includes(text)))
    return this.blocks.find((block) => block.includes(text))!
  }

  /** Sends an action with an ActionID and waits for the response. */
  async ask(action: string, id: string): Promise<string> {
    this.send(`${action}ActionID: ${id}\r\n\r\n`)
    return this.block(`ActionID: ${id}\r\n`)
  }

  async end(): Promise<void> {
    await this.until(() => this.ended)
  }
}
