import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Block } from '../../../src/lib/ami/block.js'
import { BlockParser } from '../../../src/lib/ami/block-parser.js'

/** One client's connection, as the script of the server sees it. */
export class ScriptedConnection {
  readonly socket: net.Socket
  /** All that the client sent. */
  received = ''
  readonly #blocks: Block[] = []
  #wake: (() => void) | undefined

  constructor(socket: net.Socket) {
    this.socket = socket
    const parser = new BlockParser({ from: 'client' })
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1')
      this.#blocks.push(...parser.push(chunk))
      this.#wake?.()
    })
  }

  /** The next block from the client. */
  async next(): Promise<Block> {
    while (this.#blocks.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#blocks.shift()!
  }

  /** Sends lines that are joined with LF here and end in CRLF on the wire, and the empty line. */
  say(text: string): void {
    this.raw(`${text.replaceAll('\n', '\r\n')}\r\n\r\n`)
  }

  raw(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Plays Asterisk up to the login, as it was recorded. */
  async acceptLogin(): Promise<void> {
    this.raw('Asterisk Call Manager/11.0.0\r\n')
    for (;;) {
      const action = await this.next()
      const id = action.get('ActionID')
      if (action.get('Action') === 'Challenge') {
        this.say(`Response: Success\nActionID: ${id}\nChallenge: 125065091`)
        continue
      }
      this.say(`Response: Success\nActionID: ${id}\nMessage: Authentication accepted`)
      return
    }
  }
}

export interface ScriptedServer {
  port: number
  connections: ScriptedConnection[]
  close(): Promise<void>
}

/** Listens on a free port of loopback (TLS when it has a key), and runs the script for every client. Ends with the test. */
export async function scriptedServer(
  script: (connection: ScriptedConnection, index: number) => unknown,
  secure?: { key: Buffer; cert: Buffer }
): Promise<ScriptedServer> {
  const connections: ScriptedConnection[] = []
  const accept = (socket: net.Socket) => {
    const connection = new ScriptedConnection(socket)
    connections.push(connection)
    script(connection, connections.length - 1)
  }
  const server = secure ? tls.createServer(secure, accept) : net.createServer(accept)
  if (secure) server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    for (const { socket } of connections) socket.destroy()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(close)
  return { port: (server.address() as net.AddressInfo).port, connections, close }
}

const tlsFolder = path.join(import.meta.dirname, '../../fixtures/tls')

/** `server` and `other` are for localhost and 127.0.0.1, `pbx` is for pbx.example.org; all sign themselves. */
export function certificate(name: 'server' | 'other' | 'pbx'): { key: Buffer; cert: Buffer; file: string } {
  const file = path.join(tlsFolder, `${name}.crt`)
  return { key: fs.readFileSync(path.join(tlsFolder, `${name}.key`)), cert: fs.readFileSync(file), file }
}
