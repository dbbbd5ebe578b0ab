import net from 'node:net'
import tls from 'node:tls'
import { Accounts } from '../../../../../src/lib/proxy/accounts/accounts.js'
import type { ProxyOptions, ServerOptions } from '../../../../../src/lib/proxy/options.js'
import { type RunningProxy, startProxy } from '../../../../../src/lib/proxy/proxy.js'
import { plainUser, type UserOptions } from '../../../../../src/lib/proxy/user-options.js'
import { certificate } from '../../../support/scripted-server.js'
import { testOptions } from '../support/proxy.js'
import { until } from '../support/raw-client.js'
import type { Script } from '../support/scripted-server.js'
import { AsteriskDouble, markHeader } from './asterisk-double.js'
import { withoutNews } from './blocks.js'
import { type Connection, type Exchange, type Recording, readRecording } from './recording.js'

/** How the old program was configured for a recording, in our options, and what has to be put in place of what was random then. */
export interface Setup {
  /** The names in `Server:`, in the order of the configuration; the port that the recording has for each. */
  servers?: readonly { name: string; recordedPort: number; username?: string }[]
  /** An Asterisk that runs, and that AddServer is to add. */
  addable?: { name: string; recordedPort: number }
  options?: Partial<ProxyOptions>
  /** What the proxy logs in with. */
  credentials?: Pick<ServerOptions, 'username' | 'secret'>
  /** Nobody listens where the servers should be; or they refuse the login. */
  serversAre?: 'absent' | 'refusing'
  /** TLS to the servers. */
  upstreamTls?: boolean
  /** Exchanges, by their place, whose recorded answer is to something else than what we send on. */
  unrecorded?: readonly number[]
  users?: readonly UserOptions[]
  /** Connections beside those of the recording, opened after its first. */
  idleClients?: number
  /** The recording is of Asterisk itself, without any proxy. */
  isDirect?: boolean
  /** Changes what is sent. @param received all that this connection has received */
  rewrite?: (sent: string, received: string) => string
  /** Sent on a connection that takes the place of one which we close and the old program did not. */
  resume?: string
  /** Called before an exchange, by its place in the recording. */
  before?: (place: number, replay: RunningReplay) => Promise<void>
}

/** What came of one exchange. */
export interface Outcome {
  recorded: Side
  ours: Side
  exchange: Exchange
}

export interface Side {
  from: number
  /** Without marks and news. */
  received: ReadonlyMap<number, string>
  closed: ReadonlySet<number>
}

export interface RunningReplay {
  recording: Recording
  proxy: RunningProxy
  doubles: AsteriskDouble[]
  outcomes: Outcome[]
  /** FullyBooted and the coming and going of servers, as each connection was told. */
  news: Map<number, string>
  banners: string[]
  stop: () => Promise<void>
}

/** The users of all recordings but 12, as far as they log in. */
export const recordedUsers: readonly UserOptions[] = [{ ...plainUser('bill', 'pass'), admin: true }, plainUser('steve', 'Steve1')]

/** Plays a whole recording against our proxy, exchange by exchange. */
export async function replay(name: string, setup: Setup): Promise<RunningReplay> {
  const recording = readRecording(name)
  const named = setup.servers ?? [{ name: '127.0.0.1', recordedPort: 15038 }]
  const all = [...named, ...(setup.addable ? [setup.addable] : [])]
  const script = setup.serversAre === 'refusing' ? refusing : {}
  const doubles = await Promise.all(
    all.map(({ name: server }) => AsteriskDouble.start(server, { isDirect: setup.isDirect === true, script }))
  )
  if (setup.serversAre === 'absent') await Promise.all(doubles.map(({ server }) => server.stop()))
  const fronts = setup.upstreamTls ? await Promise.all(doubles.map(({ port: behind }) => tlsFront(behind))) : []
  const ports = all.map(({ recordedPort }, index) => [recordedPort, fronts[index]?.port ?? doubles[index]!.port] as const)
  const servers = named.map(
    ({ name: server, username = 'proxy' }, index): ServerOptions => ({
      name: server,
      host: server,
      port: ports[index]![1],
      username,
      secret: 'upstream-secret',
      ...setup.credentials,
      auth: 'plain',
      ...(setup.upstreamTls && { tls: { caFile: certificate('server').file } })
    })
  )
  const options = testOptions(servers, {
    accounts: Accounts.fromOptions(setup.users ?? recordedUsers),
    authRequired: false,
    // As for everybody who comes with an astmanproxy.conf.
    serverHeader: setup.isDirect ? 'auto' : 'always',
    maxLoginFailures: 100,
    ...setup.options
  })
  const stop = new AbortController()
  const nothing = () => {}
  const proxy = await startProxy(options, { debug: nothing, info: nothing, warn: nothing }, stop.signal)
  const { port } = proxy.addresses[0]!
  const clients: (ReplayClient | undefined)[] = []
  const idle: ReplayClient[] = []
  const running: RunningReplay = {
    recording,
    proxy,
    doubles,
    outcomes: [],
    news: new Map(),
    banners: [],
    stop: async () => {
      for (const client of [...clients, ...idle]) client?.socket.destroy()
      stop.abort()
      await proxy.closed
      for (const front of fronts) front.close()
      await Promise.all(doubles.map(({ server }) => server.stop()))
    }
  }
  if (setup.serversAre === undefined) await untilUp(proxy)
  const isMute = (number: number) => options.proxyKey !== undefined && !clients[number]!.hasSent
  const open = async (number: number): Promise<ReplayClient> => {
    const client = await ReplayClient.open(port, recording.connections[number]!)
    clients[number] = client
    running.banners[number] ??= client.banner
    return client
  }
  const recordedPorts = (text: string) =>
    ports.reduce((changed, [recorded, real]) => changed.replaceAll(` P: ${real} `, ` P: ${recorded} `), text)
  try {
    for (const [place, exchange] of recording.exchanges.entries()) {
      await setup.before?.(place, running)
      // Those that the recording has by then; a later one is not there yet.
      const last = Math.max(exchange.from, ...exchange.received.keys())
      for (let number = 0; number <= last; number++) {
        if (clients[number]) continue
        await open(number)
        if (number === 0) for (let i = 0; i < (setup.idleClients ?? 0); i++) idle.push(await ReplayClient.open(port))
      }
      let client = clients[exchange.from]!
      if (client.isClosed && exchange.sent !== '') {
        client = await open(exchange.from)
        if (setup.resume !== undefined) await client.mark(setup.resume)
        client.take()
      }
      const played = setup.unrecorded?.includes(place) ? { ...exchange, received: new Map() } : exchange
      for (const double of doubles) double.play(played)
      // The one to be added has the same port as the other, where the recording had two names for one Asterisk.
      const sent = [...ports]
        .reverse()
        .reduce(
          (text, [recorded, real]) => text.replaceAll(`Port: ${recorded}`, `Port: ${real}`),
          setup.rewrite?.(exchange.sent, client.all) ?? exchange.sent
        )
      if (!isMute(exchange.from) || sent !== '') await client.mark(sent)
      for (const [number, other] of clients.entries()) {
        if (other && other !== client && !other.isClosed && !isMute(number)) await other.mark('')
      }
      const received = new Map<number, string>()
      const closed = new Set<number>()
      for (const [number, one] of clients.entries()) {
        if (!one) continue
        const text = recordedPorts(one.take())
        const own = withoutNews(text)
        if (own !== '') received.set(number, own)
        if (own !== text) running.news.set(number, (running.news.get(number) ?? '') + text)
        if (one.isClosed) closed.add(number)
      }
      const recorded = new Map(
        [...exchange.received].map(([number, text]) => [number, withoutNews(text)] as const).filter(([, text]) => text !== '')
      )
      const { from } = exchange
      running.outcomes.push({
        recorded: { from, received: recorded, closed: exchange.closed },
        ours: { from, received, closed },
        exchange
      })
    }
  } catch (error) {
    await running.stop()
    throw error
  }
  return running
}

/** Its servers log in by themselves; that they have is seen on the next turn of the loop, or the one after. */
export async function untilUp(proxy: RunningProxy): Promise<void> {
  const deadline = performance.now() + 4000
  while (!proxy.servers.all.every(({ isUp }) => isUp)) {
    if (performance.now() > deadline) throw new Error('the servers did not come up')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** An Asterisk that does not take the proxy's login. */
const refusing: Script = {
  onConnect: (socket) => {
    socket.write('Asterisk Call Manager/11.0.0\r\n')
    socket.once('data', (login) => {
      const id = /ActionID: (.*)\r/.exec(login.toString('latin1'))?.[1]
      socket.end(`Response: Error\r\nActionID: ${id}\r\nMessage: Authentication failed\r\n\r\n`)
    })
  }
}

/** TLS in front of a double. */
async function tlsFront(behind: number): Promise<{ port: number; close: () => void }> {
  const { key, cert } = certificate('server')
  const sockets = new Set<net.Socket>()
  const server = tls.createServer({ key, cert }, (socket) => {
    const inner = net.connect(behind, '127.0.0.1')
    for (const one of [socket, inner]) sockets.add(one.on('error', () => {}))
    socket.pipe(inner).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { port: (server.address() as net.AddressInfo).port, close }
}

let marks = 0
const markAnswer = /(^|["<\n ])ActionID(: | Value=")replay-mark-/

/** A client that sends recorded bytes and knows when all that they cause has come. */
export class ReplayClient {
  readonly socket: net.Socket
  isClosed = false
  hasSent = false
  banner = ''
  /** All that it received, marks too. */
  all = ''
  #text = ''
  #speaksXml = false

  private constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.once('end', () => (this.isClosed = true)).once('close', () => (this.isClosed = true))
    socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1')
      this.all += chunk.toString('latin1')
    })
  }

  /** Connects; takes the banner where there is to be one. */
  static async open(port: number, connection?: Connection): Promise<ReplayClient> {
    const target = { port, host: '127.0.0.1' }
    const version = connection?.tls as tls.SecureVersion | undefined
    const secure = version && { ...target, rejectUnauthorized: false, maxVersion: version, minVersion: version }
    const client = new ReplayClient(secure ? tls.connect(secure) : net.connect(target))
    if (connection && connection.banner === '') return client
    await client.until(() => client.#text.includes('\r\n'))
    client.banner = client.#text.slice(0, client.#text.indexOf('\r\n') + 2)
    client.#text = client.#text.slice(client.banner.length)
    return client
  }

  /** Sends, and behind it a Ping whose answer shows that all before has come; or else the connection ends. */
  async mark(sent: string): Promise<void> {
    this.hasSent = true
    if (sent.startsWith('<')) this.#speaksXml = true
    const id = `replay-mark-${++marks}`
    const fields = [`Action: Ping`, `${markHeader}: ${id}`, `ActionID: ${id}`]
    const ping = this.#speaksXml
      ? `<AsteriskManagerInput>\r\n${fields.map((line) => ` <${line.replace(': ', ' Value="')}"/>\r\n`).join('')}</AsteriskManagerInput>\r\n\r\n`
      : `${fields.join('\r\n')}\r\n\r\n`
    this.socket.write(Buffer.from(sent + ping, 'latin1'))
    const answer = new RegExp(`${id}[\\s\\S]*?\r\n\r\n`)
    await this.until(() => answer.test(this.#text) || this.isClosed)
  }

  /** What came since the last time, without marks. */
  take(): string {
    const blocks = this.#text.split(/(?<=\r\n\r\n)/)
    this.#text = ''
    return blocks.filter((block) => !markAnswer.test(block)).join('')
  }

  until(done: () => boolean): Promise<void> {
    return until(this.socket, done, () => `the client received ${JSON.stringify(this.#text.slice(-600))}`)
  }
}
