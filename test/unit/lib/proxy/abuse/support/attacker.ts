import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import type { Address } from '../../../../../../src/lib/net/address.js'
import { until } from '../../support/raw-client.js'

const fixtures = path.join(import.meta.dirname, '../../../../../fixtures/tls')
export const certificate = { certFile: path.join(fixtures, 'server.crt'), keyFile: path.join(fixtures, 'server.key') }

/** Whoever comes to the door with bytes of any kind. It keeps all that it is told, as latin1. */
export class Attacker {
  readonly socket: net.Socket
  received = ''
  /** Has the proxy ended the connection, or cut it off? */
  ended = false

  constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.once('end', () => this.#gone())
    socket.once('close', () => this.#gone())
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1')
    })
  }

  #gone(): void {
    this.ended = true
  }

  static connect({ host, port }: Address): Attacker {
    return new Attacker(net.connect({ host, port, noDelay: true }))
  }

  static connectTls({ host, port }: Address): Attacker {
    const ca = fs.readFileSync(certificate.certFile)
    return new Attacker(tls.connect({ host, port, ca, servername: 'localhost', checkServerIdentity: () => undefined }))
  }

  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    return this
  }

  /** Each byte in a segment of its own, as far as the system lets it. */
  async drip(bytes: string): Promise<this> {
    for (const byte of Buffer.from(bytes, 'latin1'))
      await new Promise<void>((resolve) => this.socket.write(Buffer.from([byte]), () => setImmediate(resolve)))
    return this
  }

  until(done: () => boolean): Promise<void> {
    return until(this.socket, done, () => `the attacker received ${JSON.stringify(this.received.slice(-600))}`)
  }

  /** Waits for a text in what came. */
  async hears(text: string | RegExp): Promise<string> {
    await this.until(() => (typeof text === 'string' ? this.received.includes(text) : text.test(this.received)))
    return this.received
  }

  /** Waits for the end of the connection. @returns all that was said before */
  async isShown(): Promise<string> {
    await this.until(() => this.ended)
    return this.received
  }
}
