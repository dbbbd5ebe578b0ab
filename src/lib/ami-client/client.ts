import { randomBytes } from 'node:crypto'
import type net from 'node:net'
import type { Answer } from '../ami/answer.js'
import type { Block } from '../ami/block.js'
import { shapelessAnswers } from '../ami/catalog/overlay.js'
import { encodeBlock, type Field } from '../ami/encode.js'
import { actionName } from '../ami/validate.js'
import { ConnectionLostError, type PbxkitError, ProtocolError, TimeoutError } from '../errors.js'
import { Backoff } from '../net/backoff.js'
import { peerName } from '../net/connect.js'
import { keepAlive } from '../net/keep-alive.js'
import { EventWaiters } from './event-waiters.js'
import { InFlight } from './in-flight.js'
import { openSession, type SessionOptions } from './session.js'

export interface ClientOptions extends SessionOptions {
  /** Every event that belongs to no action of ours. */
  onEvent?: ((event: Block) => void) | undefined
  /** Come back after a loss, for ever, with jittered back-off. Without it a loss ends the client. */
  reconnect?: { initialMs: number; maxMs: number } | undefined
  onDown?: ((error: PbxkitError, retryInMs: number | undefined) => void) | undefined
  onUp?: (() => void) | undefined
  /** Ping after so much silence, and give the connection up after as much again. */
  keepAliveMs?: number | undefined
}

/**
 * A logged-in AMI client. Answers are correlated by ActionID, lists collected whole. When the connection drops, every action in flight is
 * rejected with ConnectionLostError: never silence, and never sent twice.
 */
export class AmiClient {
  readonly #options: ClientOptions
  readonly #prefix = `pbxkit-${randomBytes(4).toString('hex')}-`
  readonly #inFlight = new InFlight()
  readonly #waiters = new EventWaiters()
  #sent = 0
  #backoff: Backoff | undefined
  #connectedAtMs = 0
  #socket: net.Socket | undefined
  #retry: NodeJS.Timeout | undefined
  #closing = false
  #close!: () => void
  #fail!: (error: Error) => void
  /** Settles when the client has ended: closed by us, or (rejects) lost. */
  readonly closed: Promise<void>
  banner = ''

  private constructor(options: ClientOptions) {
    this.#options = options
    this.closed = new Promise((resolve, reject) => {
      this.#close = resolve
      this.#fail = reject
    })
    this.closed.catch(() => {})
  }

  /** Connects and logs in. The first connection is not retried: its failure is the caller's answer. @throws what openSession throws */
  static async open(options: ClientOptions): Promise<AmiClient> {
    const client = new AmiClient(options)
    await client.#connect()
    return client
  }

  /**
   * Sends an action and collects its answer. An ActionID of the caller's stays as it is.
   * @throws UnsafeHeaderError, DataError, TimeoutError, ConnectionLostError
   */
  async send(fields: readonly Field[], { timeoutMs }: { timeoutMs: number }): Promise<Answer> {
    return this.request(fields, { timeoutMs, action: actionName(fields) })
  }

  /**
   * Sends a block that need not be an action of Asterisk's (a ProxyAction, say).
   * @throws UnsafeHeaderError, TimeoutError, ConnectionLostError
   */
  async request(
    fields: readonly Field[],
    { timeoutMs, action = fields[0]![1] }: { timeoutMs: number; action?: string }
  ): Promise<Answer> {
    const given = fields.find(([name]) => name.toLowerCase() === 'actionid')?.[1]
    const id = given ?? this.newActionId()
    const bytes = encodeBlock(given === undefined ? [fields[0]!, ['ActionID', id], ...fields.slice(1)] : fields)
    const socket = this.#socket
    if (!socket) throw new ConnectionLostError(`${action} was not sent: there is no connection to ${this.#peer}`)
    const onTimeout = () =>
      new TimeoutError(`${this.#peer} did not answer ${action} within ${timeoutMs / 1000} s`, {
        hint: 'Allow more with --timeout.',
        details: { actionId: id }
      })
    const answer = this.#inFlight.expect({ id, action, timeoutMs, onTimeout })
    this.#options.trace?.('sent', bytes)
    socket.write(bytes)
    if (shapelessAnswers.has(action.toLowerCase())) this.#finishBehind(id, fields, timeoutMs)
    return answer
  }

  /** Sends a Ping behind an action whose answer may be nothing: when it is answered, the action has been. */
  #finishBehind(id: string, fields: readonly Field[], timeoutMs: number): void {
    const server = fields.filter(([name]) => name.toLowerCase() === 'server')
    this.request([['Action', 'Ping'], ...server], { timeoutMs }).then(
      () => this.#inFlight.finishEmpty(id),
      () => {}
    )
  }

  /** Sends an action, or a block that is for a proxy. @throws as `send`, and DataError when it is neither */
  sendAny(fields: readonly Field[], { timeoutMs }: { timeoutMs: number }): Promise<Answer> {
    const proxyAction = fields.find(([name]) => name.toLowerCase() === 'proxyaction')?.[1]
    const isAction = fields.some(([name]) => name.toLowerCase() === 'action')
    return proxyAction !== undefined && !isAction
      ? this.request(fields, { timeoutMs, action: proxyAction })
      : this.send(fields, { timeoutMs })
  }

  /**
   * Waits for an event that an action will cause: one that matches and carries no other ActionID than the action's.
   * @returns the action with the ActionID that it has to be sent with, and the event to come
   */
  waitForOwn(
    fields: readonly Field[],
    selection: (valuesOf: (name: string) => readonly string[]) => boolean,
    options: { timeoutMs: number; what: string }
  ): { fields: Field[]; event: Promise<Block> } {
    const given = fields.find(([name]) => name.toLowerCase() === 'actionid')?.[1]
    const id = given ?? this.newActionId()
    const matches = (event: Block) => (event.get('ActionID') ?? id) === id && selection((name) => event.getAll(name))
    const event = this.waitFor(matches, options)
    // It is awaited after the answer; until then a failure is not unhandled.
    event.catch(() => {})
    return { fields: given === undefined ? [...fields, ['ActionID', id]] : [...fields], event }
  }

  /** An ActionID that no other action has. */
  newActionId(): string {
    return `${this.#prefix}${++this.#sent}`
  }

  /** Stops and resumes reading: for a consumer of events that is behind. */
  setPaused(paused: boolean): void {
    if (paused) this.#socket?.pause()
    else this.#socket?.resume()
  }

  /** Resolves with the next event that matches. @throws TimeoutError, ConnectionLostError */
  waitFor(matches: (event: Block) => boolean, { timeoutMs, what }: { timeoutMs: number; what: string }): Promise<Block> {
    if (!this.#socket && (this.#closing || !this.#options.reconnect))
      return Promise.reject(new ConnectionLostError(`No event ${what} can come: there is no connection to ${this.#peer}`))
    const onTimeout = () =>
      new TimeoutError(`No event ${what} came within ${timeoutMs / 1000} s`, { hint: 'Allow more with --timeout.' })
    return this.#waiters.next(matches, { timeoutMs, onTimeout })
  }

  /** Logs off and ends. @param reason what actions in flight are rejected with */
  close(reason: Error = new ConnectionLostError('The client was closed')): void {
    if (this.#closing) return
    this.#closing = true
    clearTimeout(this.#retry)
    this.#rejectAll(reason)
    const socket = this.#socket
    this.#socket = undefined
    if (!socket) {
      this.#close()
      return
    }
    socket.once('close', () => this.#close())
    socket.end(encodeBlock([['Action', 'Logoff']]))
    // A server that does not close after a Logoff must not keep us.
    setTimeout(() => socket.destroy(), 200).unref()
  }

  get #peer(): string {
    return peerName(this.#options.connect)
  }

  async #connect(): Promise<void> {
    const { stream, parser, banner, early } = await openSession(this.#options)
    const { socket } = stream
    if (this.#closing) {
      // Closed while it was coming back.
      socket.on('error', () => {}).destroy()
      return
    }
    this.#socket = socket
    this.banner = banner
    this.#connectedAtMs = Date.now()
    let failure: Error | undefined
    socket.on('error', (error) => {
      failure = error
    })
    socket.on('close', () => this.#lost(failure))
    for (const block of early) this.#dispatch(block)
    const { keepAliveMs } = this.#options
    const ask = () => void this.send([['Action', 'Ping']], { timeoutMs: 2 * keepAliveMs! }).catch(() => {})
    if (keepAliveMs) keepAlive(socket, { intervalMs: keepAliveMs, ask })
    stream.read((chunk) => {
      try {
        this.#options.trace?.('received', chunk)
        for (const block of parser.push(chunk)) this.#dispatch(block)
      } catch (error) {
        failure = error as Error
        socket.destroy()
      }
    })
  }

  #dispatch(block: Block): void {
    if (this.#inFlight.take(block) || block.get('Event') === undefined) return
    this.#waiters.take(block)
    this.#options.onEvent?.(block)
  }

  #rejectAll(error: Error): void {
    this.#inFlight.rejectAll(error)
    this.#waiters.rejectAll(error)
  }

  #lost(cause: Error | undefined): void {
    if (this.#closing) return
    this.#socket = undefined
    const why = cause ? `: ${cause.message}` : ''
    const Kind = cause instanceof ProtocolError ? ProtocolError : ConnectionLostError
    const error: PbxkitError = new Kind(`The connection to ${this.#peer} was lost${why}`, { cause })
    this.#rejectAll(error)
    const { reconnect, onDown } = this.#options
    if (!reconnect) {
      onDown?.(error, undefined)
      this.#fail(error)
      return
    }
    this.#backoff ??= new Backoff(reconnect)
    this.#backoff.lasted(Date.now() - this.#connectedAtMs)
    this.#reconnect(this.#backoff, error)
  }

  #reconnect(backoff: Backoff, reason: PbxkitError): void {
    const waitMs = backoff.next()
    this.#options.onDown?.(reason, waitMs)
    this.#retry = setTimeout(async () => {
      try {
        await this.#connect()
        if (!this.#closing) this.#options.onUp?.()
      } catch (error) {
        if (this.#closing) return
        if (this.#options.connect.signal?.aborted) this.#close()
        else this.#reconnect(backoff, error as PbxkitError)
      }
    }, waitMs)
  }
}
