import net from 'node:net'
import type { Block } from '../../../../../src/lib/ami/block.js'
import { BlockParser } from '../../../../../src/lib/ami/block-parser.js'
import { until } from './raw-client.js'

export interface Script {
  /** What it says first; the banner of Asterisk 22 by default. */
  banner?: string
  /** What follows an accepted login. */
  booted?: string
  /** Answers an action that is no Login; Asterisk's Ping by default. */
  onAction?: (action: Received, server: ScriptedServer) => void
  /** Takes the connection over: nothing is answered by itself. */
  onConnect?: (socket: net.Socket) => void
}

/** An action as the proxy sent it. */
export interface Received {
  name: string
  /** The ActionID that the proxy gave it. */
  id: string
  /** Its lines, each with its line end. */
  text: string
}

export const fullyBooted =
  'Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 5\r\nLastReload: 5\r\nStatus: Fully Booted\r\n\r\n'

/** An Asterisk that says exactly what a test wants, and remembers what it was sent. */
export class ScriptedServer {
  readonly actions: Received[] = []
  /** All bytes that came, as latin1. */
  received = ''
  connections = 0
  readonly #server: net.Server
  readonly #script: Script
  readonly #sockets = new Set<net.Socket>()
  readonly #changes = new net.Socket()

  private constructor(script: Script) {
    this.#script = script
    this.#server = net.createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  static async start(script: Script = {}, port = 0): Promise<ScriptedServer> {
    const server = new ScriptedServer(script)
    await new Promise<void>((resolve) => server.#server.listen(port, '127.0.0.1', resolve))
    return server
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  /** Says something to the proxy. */
  emit(text: string | Buffer): void {
    for (const socket of this.#sockets) socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  }

  /** Drops the connection and goes on listening. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.drop()
    await closed
  }

  /** Waits until so many actions (logins not counted) have come. */
  async take(count: number): Promise<Received[]> {
    await this.until(() => this.actions.length >= count)
    return this.actions.slice(0, count)
  }

  async takeFirst(): Promise<Received> {
    return (await this.take(1))[0]!
  }

  until(done: () => boolean): Promise<void> {
    return until(this.#changes, done, () => `the server received ${JSON.stringify(this.received.slice(-600))}`)
  }

  #accept(socket: net.Socket): void {
    this.connections++
    this.#sockets.add(socket)
    this.#changes.emit('data', '')
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#changes.emit('data', '')
    })
    if (this.#script.onConnect) return this.#script.onConnect(socket)
    socket.write(this.#script.banner ?? 'Asterisk Call Manager/11.0.0\r\n')
    const parser = new BlockParser({ from: 'client' })
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1')
      for (const block of parser.push(chunk)) this.#take(socket, block)
      this.#changes.emit('data', '')
    })
  }

  #take(socket: net.Socket, block: Block): void {
    const name = block.get('Action') ?? ''
    const id = block.get('ActionID') ?? ''
    if (name === 'Login') {
      socket.write(`Response: Success\r\nActionID: ${id}\r\nMessage: Authentication accepted\r\n\r\n`)
      socket.write(this.#script.booted ?? fullyBooted)
    } else if (name !== 'Logoff') {
      const received = { name, id, text: block.bytes.toString('latin1') }
      this.actions.push(received)
      if (this.#script.onAction) this.#script.onAction(received, this)
      else this.emit(`Response: Success\r\nActionID: ${id}\r\nPing: Pong\r\nTimestamp: 1795247198.000001\r\n\r\n`)
    } else {
      socket.end('Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n')
    }
  }
}
