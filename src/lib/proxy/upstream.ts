import { Block } from '../ami/block.js'
import { shapelessAnswers } from '../ami/catalog/overlay.js'
import { encodeBlock } from '../ami/encode.js'
import { blocksOfRun, StreamSplitter } from '../ami/stream-splitter.js'
import { openSession, type Session } from '../ami-client/session.js'
import { ConnectionLostError, LoginError } from '../errors.js'
import { peerName } from '../net/connect.js'
import { keepAlive } from '../net/keep-alive.js'
import { AnswerRouter, nobody } from './answer-router.js'
import type { OwnCopy } from './fan-out.js'
import { GatheredWrites } from './gathered-writes.js'
import type { ProxyLog, ProxyOptions, ServerOptions } from './options.js'
import type { Requester } from './pending-actions.js'
import { Retries } from './retries.js'
import { closeBlock } from './rewrite.js'
import { RoundTrip } from './round-trip.js'
import { ServerUptime } from './server-uptime.js'
import { tapLogin } from './trace/login-tap.js'
import { WireTap } from './trace/wire-tap.js'

/** Large enough for what the system hands over at once under load. */
const readBufferBytes = 256 * 1024
const emptyLine = Buffer.from('\r\n')
/** How long a server may take to close after our Logoff. */
const logoffMs = 200

export interface UpstreamHandlers {
  /** Events for everybody; `own` is what one of them gets instead. */
  onEvents: (run: Buffer, own?: OwnCopy) => void
  onAnswer: (block: Buffer, to: Requester) => void
  onUp: (upstream: Upstream) => void
  /** It was up, and is no more. */
  onDown: (upstream: Upstream, reason: string) => void
}

type UpstreamSettings = Pick<
  ProxyOptions,
  'reconnect' | 'maxRetries' | 'serverTimeoutMs' | 'keepAliveMs' | 'bootTimeoutMs' | 'limits'
>

/**
 * The proxy's one session with one Asterisk: logs in, waits for FullyBooted, and comes back for ever. What the clients' actions cause goes
 * to them, everything else on as events.
 */
export class Upstream {
  readonly options: ServerOptions
  readonly #settings: () => UpstreamSettings
  readonly #handlers: UpstreamHandlers
  readonly #log: ProxyLog
  readonly #stop = new AbortController()
  readonly #isMarked: () => boolean
  readonly #tap: WireTap | undefined
  readonly #readBuffer = Buffer.allocUnsafeSlow(readBufferBytes)
  #router: AnswerRouter
  #session: Session | undefined
  readonly #outgoing = new GatheredWrites((bytes) => {
    if (this.#tap) this.#tap.sent(bytes)
    this.#session?.stream.socket.write(bytes)
  })
  #isGivenUp = false
  #state: 'connecting' | 'booting' | 'up' | 'down' = 'connecting'
  readonly #uptime = new ServerUptime()
  /** When it came up or went down last. */
  since = new Date()
  /** How often it was lost and came up again. */
  reconnects = 0
  #wasUp = false
  readonly #roundTrip = new RoundTrip((requester) => this.#ping(requester))
  /** Why it is not up, for whoever asks. */
  lastError = 'it was not reached yet'

  /**
   * @param settings as they are now: each session begins with them
   * @param isMarked whether `Server: name` is to be appended to what comes from here
   */
  constructor(
    options: ServerOptions,
    settings: () => UpstreamSettings,
    { handlers, log, isMarked }: { handlers: UpstreamHandlers; log: ProxyLog; isMarked: () => boolean }
  ) {
    this.options = options
    this.#settings = settings
    this.#handlers = handlers
    this.#log = log
    this.#isMarked = isMarked
    this.#tap = WireTap.of(log, () => ({ server: this.name }))
    this.#router = this.#createRouter()
  }

  get name(): string {
    return this.options.name
  }

  get state(): 'connecting' | 'booting' | 'up' | 'down' {
    return this.#state
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  /** Its IP address while it is connected; its host as configured while it is not. */
  get address(): string {
    return this.#session?.stream.socket.remoteAddress ?? this.options.host
  }

  /** Appended to every block that comes from here. */
  get #mark(): string {
    return this.#isMarked() ? `Server: ${this.name}\r\n` : ''
  }

  /** The first line that Asterisk sent: what clients get, too. */
  get banner(): string | undefined {
    return this.#session?.banner
  }

  /** Actions that wait for their answer. */
  get actionsInFlight(): number {
    return this.#router.pending.count
  }

  /** For how long the Ping of `roundTrip` has been waiting; undefined when there is none. */
  get pingAgeMs(): number | undefined {
    return this.#roundTrip.ageMs
  }

  /** Asks Asterisk for a Pong. @returns milliseconds there and back; undefined when it is not up, or lost before */
  async roundTrip(): Promise<number | undefined> {
    return this.isUp ? this.#roundTrip.ask() : undefined
  }

  /** The FullyBooted event as this server would send it now. */
  fullyBooted(): Buffer {
    return this.#uptime.fullyBooted(this.#mark)
  }

  /** Logs off and ends; `run` settles then. Who waits is told before: Asterisk's goodbye has no ActionID, and must not pass for an answer. */
  stop(): void {
    this.#setDown('it was taken out of the configuration')
    this.#stop.abort()
  }

  /** Connects, and connects again, until it is stopped. Never rejects. */
  async run(): Promise<void> {
    const retries = new Retries(this.#settings)
    while (!this.#stop.signal.aborted) {
      const ending = await this.#serveUntilLost()
      if (this.#stop.signal.aborted) break
      const retryInMs = retries.nextMs(ending)
      if (retryInMs === undefined) return this.#giveUp()
      this.#log.warn({ server: this.name, reason: this.lastError, retryInMs }, 'server not connected')
      await sleep(retryInMs, this.#stop.signal)
    }
  }

  /** One session, or the try to get one. Never rejects. */
  async #serveUntilLost(): Promise<{ wasUp: boolean; isRefused: boolean }> {
    try {
      return await this.#serve()
    } catch (error) {
      const wasUp = this.isUp
      this.#setDown((error as Error).message)
      return { wasUp, isRefused: error instanceof LoginError }
    }
  }

  /** Has it been given up? It does not come back by itself. */
  get isGivenUp(): boolean {
    return this.#isGivenUp
  }

  #giveUp(): void {
    this.#isGivenUp = true
    this.lastError = `tried again ${this.#settings().maxRetries} times, and given up: ${this.lastError}`
    this.#log.warn({ server: this.name, reason: this.lastError }, 'server given up; a reload tries again')
  }

  /** How many writes have gone out: what is sent now goes with the next. */
  get writes(): number {
    return this.#outgoing.count
  }

  /** Sends a client's action. @param lines its headers without ActionID, each with CRLF */
  send(action: string, lines: Buffer, originalId: Buffer | undefined, requester: Requester): void {
    const pending = this.#router.pending.add(action, originalId, requester)
    // The ActionID goes first: whatever Asterisk dislikes later in the action, its answer carries it.
    this.#outgoing.push(Buffer.from(`ActionID: ${pending.id}\r\n`, 'latin1'), lines, emptyLine)
    if (shapelessAnswers.has(action.toLowerCase())) this.#ping(this.#router.behind(pending))
  }

  /** Stops and resumes reading: for the moments in which most clients are behind. */
  setPaused(paused: boolean): void {
    const socket = this.#session?.stream.socket
    if (paused) socket?.pause()
    else socket?.resume()
  }

  #ping(requester: Requester): void {
    this.send('Ping', Buffer.from('Action: Ping\r\n'), undefined, requester)
  }

  async #serve(): Promise<never> {
    this.#state = 'connecting'
    const { host, port, username, secret, auth, tls } = this.options
    const settings = this.#settings()
    const { serverTimeoutMs, limits } = settings
    const session = await openSession({
      connect: { host, port, tls, timeoutMs: serverTimeoutMs, signal: this.#stop.signal },
      credentials: { username, secret, auth, events: this.options.events === false ? 'off' : 'on' },
      timeoutMs: serverTimeoutMs,
      limits,
      readBuffer: this.#readBuffer,
      trace: this.#tap && tapLogin(this.#tap)
    })
    this.#session = session
    this.#state = 'booting'
    this.#log.debug({ server: this.name, banner: session.banner }, 'logged in')
    return this.#readUntilLost(session, settings)
  }

  #readUntilLost(session: Session, { bootTimeoutMs, keepAliveMs, limits }: UpstreamSettings): Promise<never> {
    const { stream, parser, early } = session
    const up = (fullyBooted?: Block) => {
      clearTimeout(bootTimer)
      if (this.#state !== 'booting' || this.#stop.signal.aborted) return
      this.#state = 'up'
      this.since = new Date()
      if (this.#wasUp) this.reconnects++
      this.#wasUp = true
      this.#uptime.note(fullyBooted)
      this.#log.info({ server: this.name, address: peerName(this.options), banner: session.banner }, 'server connected')
      this.#handlers.onUp(this)
    }
    // Asterisk before 1.6 has no FullyBooted, and a user without the class `system` may not be told.
    const bootTimer = setTimeout(up, bootTimeoutMs)
    keepAlive(stream.socket, {
      intervalMs: keepAliveMs,
      ask: () => this.#ping(nobody),
      isBusy: () => this.#router.pending.hasWork
    })
    const lost = this.#whenLost(stream.socket).finally(() => clearTimeout(bootTimer))
    const splitter = this.#createSplitter(limits, up)
    for (const block of early) this.#takeWhileBooting(block.bytes, up)
    // FullyBooted is an event: with `events = off` none comes.
    if (this.options.events === false) up()
    const push = (bytes: Buffer) => {
      // Until it closes, a server that was taken out says what the session in its place says, too.
      if (!this.#stop.signal.aborted) splitter.push(bytes, this.isUp ? this.#router.pending.lookout : whileBooting)
    }
    push(parser.takePending())
    // The read buffer is used again for the next read: what is handed on is a copy.
    stream.read(this.options.tls ? push : (bytes) => push(Buffer.from(bytes)))
    return lost
  }

  #whenLost(socket: Session['stream']['socket']): Promise<never> {
    return new Promise((_, reject) => {
      let failure: Error | undefined
      const logOff = () => {
        socket.end(encodeBlock([['Action', 'Logoff']]))
        setTimeout(() => socket.destroy(), logoffMs).unref()
      }
      if (this.#stop.signal.aborted) logOff()
      this.#stop.signal.addEventListener('abort', logOff, { once: true })
      socket.on('error', (error) => {
        failure = error
      })
      socket.once('close', () => {
        this.#stop.signal.removeEventListener('abort', logOff)
        reject(new ConnectionLostError(failure ? `the connection was lost: ${failure.message}` : 'it closed the connection'))
      })
    })
  }

  #createSplitter(limits: UpstreamSettings['limits'], up: (fullyBooted: Block) => void): StreamSplitter {
    return new StreamSplitter(
      {
        onRun: (run) => {
          if (this.#tap) this.#tap.received(run)
          this.#handlers.onEvents(this.#mark ? this.#markRun(run) : run)
        },
        onBlock: (block) => {
          if (this.#tap) this.#tap.received(block)
          if (this.isUp) this.#router.take(block)
          else this.#takeWhileBooting(block, up)
        },
        onOversized: (head) => {
          if (this.#tap) this.#tap.received(head)
          this.#router.takeOversized(head, limits.maxBlockBytes)
        }
      },
      limits
    )
  }

  /** Before FullyBooted no client has an action here: what comes are events, and the answers to the Pings that keep the session alive. */
  #takeWhileBooting(bytes: Buffer, up: (fullyBooted: Block) => void): void {
    const event = new Block(bytes).get('Event')?.trim()
    if (event === 'FullyBooted') up(new Block(bytes))
    else if (event !== undefined) this.#handlers.onEvents(closeBlock(bytes, this.#mark))
    else this.#router.take(bytes)
  }

  #markRun(run: Buffer): Buffer {
    const mark = this.#mark
    return Buffer.concat([...blocksOfRun(run)].map((block) => closeBlock(block, mark)))
  }

  #setDown(reason: string): void {
    const wasUp = this.isUp
    if (wasUp) this.since = new Date()
    this.#session = undefined
    this.#outgoing.drop()
    this.#state = 'down'
    this.lastError = reason
    this.#router.failAll()
    this.#router = this.#createRouter()
    if (wasUp) this.#handlers.onDown(this, reason)
  }

  #createRouter(): AnswerRouter {
    const { onEvents, onAnswer } = this.#handlers
    return new AnswerRouter({ serverName: this.name, mark: () => this.#mark, onEvents, onAnswer, log: this.#log })
  }
}

/** Until it is up, every block may be the FullyBooted that is waited for. */
const whileBooting = { idPrefix: undefined, responses: true, everything: true }

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
}
