import fs from 'node:fs'
import net from 'node:net'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { onTestFinished } from 'vitest'
import { Block } from '../../../../../../src/lib/ami/block.js'
import { BlockParser } from '../../../../../../src/lib/ami/block-parser.js'
import { blockToJson } from '../../../../../../src/lib/ami/json.js'
import type { HttpTimes } from '../../../../../../src/lib/net/http-server.js'
import type { OutputFormat } from '../../../../../../src/lib/proxy/formats/format.js'
import {
  type HttpContext,
  HttpFront,
  type HttpOptions,
  type SessionPeer
} from '../../../../../../src/lib/proxy/http/http-front.js'
import { WebAccess } from '../../../../../../src/lib/proxy/web/web-access.js'

function format(
  name: string,
  contentType: string,
  delimiter: string,
  write: (block: Block, origin: string) => string
): OutputFormat {
  return { name, contentType, delimiter, encode: (bytes, origin) => Buffer.from(write(new Block(closed(bytes)), origin)) }
}

const closed = (bytes: Buffer) => bytes.subarray(0, bytes.lastIndexOf('\r\n'))

const xml = (block: Block, origin: string) => {
  const name = origin === 'proxy' ? 'AsteriskManagerProxyOutput' : 'AsteriskManagerOutput'
  return `<${name}>\r\n${block.headers.map((one) => ` <${one.name} Value="${one.value}"/>\r\n`).join('')}</${name}>\r\n\r\n`
}

/** Small stand-ins for the proxy's formats. */
export const formats = new Map(
  [
    format('standard', 'text/plain', '\r\n\r\n', (block) => `${block.bytes}\r\n`),
    format('json', 'application/x-ndjson', '\n', (block) => `${JSON.stringify(blockToJson(block))}\n`),
    format('xml', 'text/xml', '\r\n\r\n', xml),
    format('csv', 'text/csv', '\r\n', (block) => `${block.headers.map((one) => `"${one.name}: ${one.value}"`).join(', ')}\r\n`),
    format('sse', 'text/event-stream', '\n\n', (block) => `data: ${JSON.stringify(blockToJson(block))}\n\n`)
  ].map((one) => [one.name, one])
)

/** What a scripted session was asked, and how it speaks. */
export interface Session {
  peer: SessionPeer
  stream: Duplex
  asked: Block[]
  /** Says a block, given without its line ends. */
  say: (...lines: string[]) => void
  closed: Promise<void>
}

export type Script = (session: Session, block: Block) => void

/** Answers as the proxy does: user ann with ann-secret may log in, Ping is ponged. */
export const ordinary: Script = (session, block) => {
  const id = block.get('ActionID')
  const answer = (...lines: string[]) =>
    session.say(lines[0]!, ...(id === undefined ? [] : [`ActionID: ${id}`]), ...lines.slice(1))
  switch (block.get('Action')) {
    case 'Login':
      if (block.get('Username') === 'ann' && block.get('Secret') === 'ann-secret')
        return answer('Response: Success', 'Message: Authentication accepted')
      answer('Response: Error', 'Message: Authentication failed')
      return void session.stream.end()
    case 'Events':
      return answer('Response: Success', `Events: ${block.get('EventMask') === 'off' ? 'Off' : 'On'}`)
    case 'Ping':
      return answer('Response: Success', 'Ping: Pong')
    case 'CoreShowChannels':
      answer('Response: Success', 'EventList: start', 'Message: Channels will follow')
      answer('Event: CoreShowChannel', 'Channel: PJSIP/a')
      return answer('Event: CoreShowChannelsComplete', 'EventList: Complete', 'ListItems: 1')
    case 'Never':
      return
    case undefined:
      return answer('ProxyResponse: Success', 'ProxyListServer: pbx')
    default:
      return answer('Response: Error', `Message: ${block.get('Why') ?? 'Invalid/unknown command'}`)
  }
}

export interface TestFront {
  port: number
  sessions: Session[]
  log: string[]
  connect: () => Promise<RawHttp>
  /** One request on a connection of its own; `Connection: close` is added. */
  ask: (head: string, body?: string) => Promise<{ status: number; headers: Map<string, string>; body: string }>
}

export interface FrontWish extends Partial<HttpOptions> {
  script?: Script
  times?: Partial<HttpTimes>
  withTls?: boolean
}

export async function startFront({
  script = ordinary,
  times = {},
  withTls = false,
  ...options
}: FrontWish = {}): Promise<TestFront> {
  const sessions: Session[] = []
  const log: string[] = []
  const write = (fields: object, message: string) => void log.push(`${message} ${JSON.stringify(fields)}`)
  const all: HttpOptions = {
    maxBodyBytes: 10_000,
    defaultTimeoutMs: 5_000,
    outputFormat: 'standard',
    autoFilter: false,
    xmlCompat: false,
    authRequired: false,
    proxyKeyRequired: false,
    allowedOrigins: [],
    webAllow: new WebAccess(),
    ...options
  }
  const context: HttpContext = {
    openSession: (stream, peer) => sessions.push(openSession(stream, peer, script)),
    status: async (path) => ({ status: 200, contentType: 'text/plain', body: `${path} is fine\n` }),
    format: (name) => formats.get(name),
    parseXmlAction: () => new Block(Buffer.from('Action: Ping\r\nActionID: from-xml\r\n')),
    options: () => all,
    log: { debug: write, info: write, warn: write }
  }
  const front = new HttpFront(context, times)
  // As the proxy does: the first bytes are looked at, and put back.
  const detect = (socket: net.Socket) => {
    socket.once('data', (chunk) => {
      socket.pause()
      socket.unshift(chunk)
      front.accept(socket)
    })
  }
  const fixture = (name: string) => fs.readFileSync(new URL(`../../../../../fixtures/tls/${name}`, import.meta.url))
  const server = withTls
    ? tls.createServer({ key: fixture('server.key'), cert: fixture('server.crt') }, detect)
    : net.createServer({ allowHalfOpen: true, noDelay: true }, detect)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  onTestFinished(() => {
    front.close(true)
    server.close()
  })
  const connect = async () => RawHttp.connect(port)
  return {
    port,
    sessions,
    log,
    connect,
    ask: async (head, body = '') => {
      const client = await connect()
      const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
      client.send(`${head}\r\nHost: x\r\nConnection: close\r\n${length}\r\n${body}`)
      return parse(await client.toEnd())
    }
  }
}

function openSession(stream: Duplex, peer: SessionPeer, script: Script): Session {
  const parser = new BlockParser({ from: 'client' })
  const output = formats.get(peer.output)!
  const session: Session = {
    peer,
    stream,
    asked: [],
    say: (...lines) => void stream.write(output.encode(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), 'server')),
    closed: new Promise((resolve) => stream.once('close', resolve))
  }
  stream.on('error', () => {})
  stream.on('data', (chunk: Buffer) => {
    for (const block of parser.push(chunk)) {
      session.asked.push(block)
      script(session, block)
    }
  })
  return session
}

export function parse(text: string): { status: number; headers: Map<string, string>; body: string } {
  const end = text.indexOf('\r\n\r\n')
  const [first, ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)])
  )
  return { status: Number(first!.split(' ')[1]), headers, body: text.slice(end + 4) }
}

/** A client that sends what it is told to, byte for byte. */
export class RawHttp {
  readonly socket: net.Socket
  text = ''
  readonly #ended: Promise<void>

  private constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1')
    })
    this.#ended = new Promise((resolve) => socket.once('close', () => resolve()))
    onTestFinished(() => void socket.destroy())
  }

  static async connect(port: number): Promise<RawHttp> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new RawHttp(socket)
  }

  send(text: string): void {
    this.socket.write(text)
  }

  async sendByteByByte(text: string): Promise<void> {
    for (const byte of Buffer.from(text))
      await new Promise<void>((resolve) => this.socket.write(Buffer.from([byte]), () => resolve()))
  }

  /** Waits for a text in what comes. */
  async until(wanted: string | RegExp): Promise<string> {
    const has = () => (typeof wanted === 'string' ? this.text.includes(wanted) : wanted.test(this.text))
    while (!has()) {
      await new Promise<void>((resolve, reject) => {
        this.socket.once('data', () => resolve())
        this.socket.once('close', () => reject(new Error(`closed before ${wanted}: ${JSON.stringify(this.text)}`)))
      })
    }
    return this.text
  }

  async toEnd(): Promise<string> {
    await this.#ended
    return this.text
  }
}
