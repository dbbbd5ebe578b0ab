import net from 'node:net'
import { Watched } from './limit.js'

/** A relay between a proxy and its Asterisk: it notes what was asked, and can hold back what Asterisk says. */
export class Relay {
  /** Names of the actions that went through, in their order. */
  readonly actions: string[] = []
  readonly #server: net.Server
  readonly #pairs: { client: net.Socket; asterisk: net.Socket }[] = []
  readonly #watched = new Watched()

  private constructor(port: number) {
    this.#server = net.createServer({ noDelay: true }, (client) => {
      // Nagle's algorithm would keep events for 40 ms.
      const asterisk = net.connect({ port, host: '127.0.0.1', noDelay: true })
      this.#pairs.push({ client, asterisk })
      let rest = ''
      client.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString('latin1')).split('\r\n')
        rest = lines.pop()!
        for (const line of lines) if (/^Action: /.test(line)) this.actions.push(line.slice('Action: '.length))
        this.#watched.changed()
      })
      client.pipe(asterisk).pipe(client)
      for (const socket of [client, asterisk]) {
        socket.on('error', () => {})
        socket.once('close', () => {
          client.destroy()
          asterisk.destroy()
        })
      }
    })
  }

  /** @param port of the Asterisk */
  static async start(port: number): Promise<Relay> {
    const relay = new Relay(port)
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve))
    return relay
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  /** From now on nothing comes from Asterisk until `release`. */
  hold(): void {
    for (const { client, asterisk } of this.#pairs) asterisk.unpipe(client).pause()
  }

  release(): void {
    for (const { client, asterisk } of this.#pairs) asterisk.pipe(client)
  }

  async until(done: () => boolean): Promise<void> {
    await this.#watched.until(
      () => done() || undefined,
      () => `the relay saw ${this.actions}`
    )
  }

  async stop(): Promise<void> {
    for (const { client } of this.#pairs) client.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}
