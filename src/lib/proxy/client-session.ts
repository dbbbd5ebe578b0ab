import type net from 'node:net'
import { type Block, findHeader } from '../ami/block.js'
import { BlockParser } from '../ami/block-parser.js'
import { EventMask } from '../ami/event-mask.js'
import { ProtocolError } from '../errors.js'
import type { OwnCopy, Subscriber } from './fan-out.js'
import { LoginState } from './login-state.js'
import type { ProxyLog, ProxyOptions } from './options.js'
import { Outbox } from './outbox.js'
import type { Requester } from './pending-actions.js'
import { errorAnswer, ownAnswer } from './rewrite.js'

/** What a session needs of the proxy. */
export interface ClientContext {
  /** As they are now: they may be reloaded. */
  options: () => ProxyOptions
  log: ProxyLog
  banner: () => string
  /** Takes one action of a client that has come whole. */
  dispatch: (client: ClientSession, block: Block, id: Buffer | undefined) => void
  /** What the client may see has changed; undefined: nothing, since it is not logged in or gone. */
  subscribe: (client: ClientSession, mask: EventMask | undefined) => void
}

/** Answers that may wait for a client before its next actions are left in its own socket. */
const maxUnreadBytes = 1024 * 1024
/** A client that has closed its half is waited for so long: as long as an Originate may take, and then some. */
const maxHalfOpenMs = 5 * 60_000

/** One client of the proxy: its bytes in and out, its login, and its end. What its actions do is decided elsewhere. */
export class ClientSession implements Subscriber, Requester {
  readonly outbox: Outbox
  readonly login: LoginState
  /** `address:port`, for the log. */
  readonly address: string
  /** Has it been told that a server is fully booted? */
  toldBooted = false
  readonly #socket: net.Socket
  readonly #context: ClientContext
  readonly #parser: BlockParser
  #inFlight = 0
  #closing = false
  /** How the session ends once nothing is in flight; what comes from the client meanwhile is not heard. */
  #leave: (() => void) | undefined
  #actionTimer: NodeJS.Timeout | undefined
  #authTimer: NodeJS.Timeout | undefined

  constructor(socket: net.Socket, context: ClientContext) {
    this.#socket = socket
    this.#context = context
    this.address = `${socket.remoteAddress}:${socket.remotePort}`
    this.#parser = new BlockParser({ from: 'client', ...context.options().limits })
    const { maxQueueBytes, stallTimeoutMs } = context.options()
    this.outbox = new Outbox(socket, {
      maxQueueBytes,
      stallTimeoutMs,
      onStalled: () => this.#destroy('it reads too slowly'),
      onDropped: (events) =>
        context.log.warn({ client: this.address, user: this.login.username, events }, 'client missed events: it read too slowly')
    })
    this.login = new LoginState(() => context.options().users)
    this.#listen()
    this.outbox.push(Buffer.from(`${context.banner()}\r\n`))
    if (this.login.isLoggedIn) context.subscribe(this, EventMask.all)
    else this.#authTimer = setTimeout(() => this.end('it did not log in in time'), context.options().authTimeoutMs)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** A block for this client only. */
  receive(block: Buffer): void {
    this.outbox.push(block)
  }

  /** An action of this client has gone to a server. */
  started(): void {
    this.#inFlight++
  }

  settled(): void {
    this.#inFlight--
    if (this.#inFlight === 0) this.#leave?.()
  }

  ownCopy(event: Buffer): OwnCopy | undefined {
    return this.#closing ? undefined : { subscriber: this, bytes: event }
  }

  /** The login was accepted. */
  loggedIn(mask: EventMask): void {
    clearTimeout(this.#authTimer)
    this.#context.log.info({ client: this.address, user: this.login.username }, 'client logged in')
    this.#context.subscribe(this, mask)
  }

  /** The login was refused: answered late and closed, as Asterisk does, so that guessing is slow. What comes meanwhile is not heard. */
  refused(username: string, id: Buffer | undefined): void {
    this.#context.log.warn({ client: this.address, user: username }, 'login refused')
    this.#context.subscribe(this, undefined)
    this.#closing = true
    clearTimeout(this.#authTimer)
    const timer = setTimeout(() => {
      this.outbox.push(errorAnswer('Authentication failed', id))
      this.#finish()
    }, this.#context.options().loginFailureDelayMs)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  /** Logs off politely: what was asked before is answered first, as Asterisk does, which takes one action after the other. */
  goodbye(id: Buffer | undefined): void {
    this.#leaveAfterAnswers(() => {
      this.receive(
        ownAnswer(
          [
            ['Response', 'Goodbye'],
            ['Message', 'Thanks for all the fish.']
          ],
          id
        )
      )
      this.end('it logged off')
    }, this.#context.options().graceMs)
  }

  /** Ends the session after what is queued has been written. */
  end(reason: string): void {
    if (this.#closing) return
    this.#closing = true
    this.#context.log.debug({ client: this.address, reason }, 'closing client')
    this.#context.subscribe(this, undefined)
    this.#finish()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** @param withinMs what has not been answered by then is not waited for */
  #leaveAfterAnswers(leave: () => void, withinMs: number): void {
    clearTimeout(this.#actionTimer)
    this.#leave = leave
    if (this.#inFlight === 0) return leave()
    const timer = setTimeout(leave, withinMs)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  #destroy(reason: string): void {
    if (this.#socket.destroyed) return
    this.#context.log.warn(
      { client: this.address, user: this.login.username, reason, waitingBytes: this.outbox.waitingBytes },
      'client closed'
    )
    this.#socket.destroy()
  }

  #finish(): void {
    this.outbox.flush()
    this.#socket.end()
    // A client that neither reads nor closes does not keep its socket.
    const timer = setTimeout(() => this.#socket.destroy(), this.#context.options().graceMs)
    this.#socket.once('close', () => clearTimeout(timer))
  }

  #listen(): void {
    const socket = this.#socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (error) =>
      this.#context.log.debug({ client: this.address, reason: error.message }, 'client connection failed')
    )
    // `printf … | nc` closes its half at once: it still gets its answers.
    socket.once('end', () => {
      if (!this.#leave) this.#leaveAfterAnswers(() => this.end('it closed its half'), maxHalfOpenMs)
    })
    socket.once('close', () => {
      this.#closing = true
      clearTimeout(this.#authTimer)
      clearTimeout(this.#actionTimer)
      this.#context.subscribe(this, undefined)
      this.#context.log.debug({ client: this.address, user: this.login.username }, 'client gone')
    })
  }

  #read(chunk: Buffer): void {
    if (this.#closing || this.#leave) return
    try {
      const blocks = this.#parser.push(chunk)
      if (blocks.length > 0) this.#restartActionTimer()
      for (const block of blocks) {
        if (this.#closing || this.#leave) return
        this.#context.dispatch(this, block, clientActionId(block))
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.receive(errorAnswer(error.message, undefined))
      this.end(error.message)
      return
    }
    this.#watchUnfinished()
    this.#waitForReader()
  }

  /** Who does not read its answers is not heard until it does: what it asks for would only pile up here. */
  #waitForReader(): void {
    if (this.outbox.waitingBytes <= maxUnreadBytes || this.#socket.isPaused()) return
    this.#socket.pause()
    this.#socket.once('drain', () => this.#socket.resume())
  }

  #restartActionTimer(): void {
    clearTimeout(this.#actionTimer)
    this.#actionTimer = undefined
  }

  /** The time runs from an action's first byte, not from its last: one byte a second does not keep it waiting. */
  #watchUnfinished(): void {
    if (this.#parser.pendingBytes === 0) return this.#restartActionTimer()
    this.#actionTimer ??= setTimeout(() => {
      this.receive(errorAnswer('The action was not finished in time', undefined))
      this.end('it did not finish an action in time')
    }, this.#context.options().actionTimeoutMs)
  }
}

/** The client's ActionID byte for byte: it is given back as it was, whatever it holds. */
function clientActionId(block: Block): Buffer | undefined {
  const header = findHeader(block.bytes, 'ActionID')
  return header && block.bytes.subarray(header.valueStart, header.valueEnd)
}
