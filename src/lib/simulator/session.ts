import type net from 'node:net'
import { EventMask } from '../ami/event-mask.js'
import { ActionCall, type ActionSession } from './action-call.js'
import { findAction } from './actions.js'
import type { Clock } from './clock.js'
import { judgeLogin, type LoginOutcome } from './login.js'
import type { Pbx } from './pbx.js'
import { RequestReader } from './request-reader.js'
import {
  challengeResponseFailed,
  invalidAccount,
  invalidPassword,
  requestBadFormat,
  type SecurityEvent,
  type SecuritySubject,
  successfulAuth
} from './security-events.js'
import { banner } from './version.js'
import { makeEvent, renderBlock, type SimulatedEvent } from './wire.js'

/** Asterisk's `authtimeout`: recorded to close after 30 s. */
const loginTimeoutMs = 30_000
/** Asterisk answers a failed login after a second, to slow guessing down. */
const failedLoginDelayMs = 1000
/** A client that does not read is dropped when this much waits for it: a few seconds of a very busy PBX. */
const maxQueuedBytes = 4 * 1024 * 1024

/** How long a session that we ended may keep its socket: a peer that never closes would hold it for ever. */
const closeTimeoutMs = 5000

export interface SessionContext {
  readonly pbx: Pbx
  readonly clock: Clock
  readonly users: ReadonlyMap<string, string>
  /** A random integer below `max`. */
  readonly random: (max: number) => number
  readonly log: (message: string, details?: Record<string, unknown>) => void
}

/** One client's connection: what it sends, whether it has logged in, and which events it gets. */
export class Session implements ActionSession, SecuritySubject {
  readonly socket: net.Socket
  readonly sessionId: string
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>
  readonly #context: SessionContext
  readonly #reader = new RequestReader()
  readonly #stopEvents: () => void
  readonly #cancelTimeout: () => void
  #mask = new EventMask('on')
  #account: string | undefined
  /** Good for one login: a second one is refused, and after a failed one nothing is read any more. */
  #challenge: string | undefined
  /** Nothing is read any more: the login has failed, or the client has logged off. */
  #deaf = false
  loggedInAt: number | undefined

  constructor(socket: net.Socket, context: SessionContext) {
    this.socket = socket
    this.#context = context
    this.sessionId = `0x7f${context
      .random(2 ** 40)
      .toString(16)
      .padStart(10, '0')}`
    this.#cancelTimeout = context.clock.after(loginTimeoutMs, () => this.end())
    this.#stopEvents = context.pbx.onEvent((event) => this.sendEvent(event))
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error) => context.log('a client broke off', { reason: error.message }))
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.#cancelTimeout()
        this.#stopEvents()
        resolve()
      })
    )
    socket.write(banner)
  }

  get loggedIn(): boolean {
    return this.#account !== undefined
  }

  get mask(): EventMask {
    return this.#mask
  }

  write(data: string | Buffer): void {
    const { socket } = this
    if (!socket.writable) return
    if (typeof data === 'string') socket.write(data, 'latin1')
    else socket.write(data)
    if (socket.writableLength <= maxQueuedBytes) return
    this.#context.log('dropped a client that does not read', { queuedBytes: socket.writableLength })
    socket.destroy()
  }

  sendEvent({ classes, bytes }: SimulatedEvent): void {
    if (this.loggedIn && this.#mask.wants(classes)) this.write(bytes)
  }

  setEventMask(mask: string): boolean {
    this.#mask = new EventMask(mask)
    return this.#mask.wantsAny
  }

  end(): void {
    this.#deaf = true
    this.socket.end()
    this.socket.once(
      'close',
      this.#context.clock.after(closeTimeoutMs, () => this.socket.destroy())
    )
  }

  #receive(chunk: Buffer): void {
    // All answers of one read leave together.
    this.socket.cork()
    for (const { request, problem } of this.#reader.push(chunk)) {
      if (this.#deaf) break
      const call = new ActionCall(request, this.#context.pbx, this)
      if (problem) call.error(problem)
      else this.#answer(call)
    }
    if (this.#reader.isEndless && !this.#deaf) this.#sendAway()
    this.socket.uncork()
  }

  #sendAway(): void {
    this.write(
      renderBlock([
        ['Response', 'Error'],
        ['Message', 'Failed to parse message: line too long']
      ])
    )
    this.#context.log('sent a client away whose action does not end')
    this.end()
  }

  #answer(call: ActionCall): void {
    const name = call.get('Action')
    const action = findAction(name)
    if (name === '') this.#refuse(call, name, 'Missing action in request')
    else if (name.toLowerCase() === 'challenge') this.#giveChallenge(call)
    else if (name.toLowerCase() === 'login') this.#login(call)
    else if (!this.loggedIn && name.toLowerCase() !== 'logoff') call.error('Permission denied')
    else if (action) action.answer(call)
    else this.#refuse(call, name, `Invalid/unknown command: ${name}. Use Action: ListCommands to show available commands.`)
  }

  #refuse(call: ActionCall, name: string, message: string): void {
    call.error(message)
    if (this.#account !== undefined) this.#emit(requestBadFormat(this, this.#account, name, this.#context.clock.now()))
  }

  #giveChallenge(call: ActionCall): void {
    if (call.get('AuthType').toLowerCase() !== 'md5') {
      call.error('Must specify AuthType')
      return
    }
    this.#challenge = String(this.#context.random(2 ** 31))
    call.respond('Success', [['Challenge', this.#challenge]])
  }

  #login(call: ActionCall): void {
    if (this.loggedIn) {
      call.success('Already authenticated')
      return
    }
    const outcome = judgeLogin(call.request, this.#context.users, this.#challenge)
    if (outcome.result !== 'accepted') {
      this.#refuseLogin(call, outcome)
      return
    }
    this.#cancelTimeout()
    this.#account = outcome.account
    this.loggedInAt = this.#context.clock.now()
    if (call.get('Events') !== '') this.setEventMask(call.get('Events'))
    call.success('Authentication accepted')
    this.#sendFullyBooted()
    this.#emit(successfulAuth(this, outcome.account, this.loggedInAt))
    this.#context.log('login', { username: outcome.account })
  }

  /** To the one that logged in only, when it wants events of class system. */
  #sendFullyBooted(): void {
    const { uptimeS } = this.#context.pbx
    this.sendEvent(
      makeEvent('FullyBooted', 'system', [
        ['Uptime', uptimeS],
        ['LastReload', uptimeS],
        ['Status', 'Fully Booted']
      ])
    )
  }

  #refuseLogin(call: ActionCall, outcome: LoginOutcome): void {
    const now = this.#context.clock.now()
    if (outcome.result === 'no such account') this.#emit(invalidAccount(this, outcome.account, now))
    else if (outcome.result === 'wrong password') this.#emit(invalidPassword(this, outcome.account, now))
    else if (outcome.result === 'wrong key') this.#emit(challengeResponseFailed(this, outcome, now))
    this.#deaf = true
    this.#context.log('login refused', { reason: outcome.result })
    const cancel = this.#context.clock.after(failedLoginDelayMs, () => {
      call.error('Authentication failed')
      this.end()
    })
    this.socket.once('close', cancel)
  }

  #emit({ name, headers }: SecurityEvent): void {
    this.#context.pbx.emit(name, 'security', headers)
  }
}
