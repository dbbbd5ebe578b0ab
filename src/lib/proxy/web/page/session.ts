import { type Answer, AnswerProgress, isBroadcast, isSuccess } from './model/answers.js'
import { first, type Message, parseMessage } from './model/message.js'

export interface Login {
  username: string
  secret: string
  /** Of a proxy that wants one. */
  key: string
}

/** `waiting`: it was lost, and comes back. */
export type SessionState = 'out' | 'connecting' | 'in' | 'waiting'

export interface SessionHandlers {
  /** @param reason why it is out, or waits; empty when there is nothing to say */
  onState: (state: SessionState, reason: string) => void
  /** @param size of the message in characters */
  onEvent: (event: Message, size: number) => void
}

/** An Originate that rings is answered within 30 s. */
const answerTimeoutMs = 60_000
const maxRetryMs = 15_000

/**
 * One session with the proxy, over a WebSocket of the page's own host. The login is its first message, so there is no cookie and no token that another page
 * could make use of; the secret stays in this object, for when the connection is lost, and nowhere else.
 */
export class Session {
  readonly #url: string
  readonly #handlers: SessionHandlers
  #socket: WebSocket | undefined
  #login: Login | undefined
  #wasIn = false
  #retryMs = 1_000
  #retryTimer: number | undefined
  #sequence: string | undefined
  #count = 0
  readonly #pending = new Map<string, { progress: AnswerProgress; settle: (answer: Answer | Error) => void }>()

  constructor(url: string, handlers: SessionHandlers) {
    this.#url = url
    this.#handlers = handlers
  }

  open(login: Login): void {
    this.close()
    this.#login = login
    this.#connect()
  }

  /** Forgets the secret. */
  close(reason = ''): void {
    clearTimeout(this.#retryTimer)
    this.#login = undefined
    this.#wasIn = false
    this.#sequence = undefined
    const socket = this.#socket
    this.#socket = undefined
    socket?.close()
    this.#abandon('The session has ended')
    this.#handlers.onState('out', reason)
  }

  /** @throws Error when the session ends before, or the answer does not come in time */
  ask(fields: Record<string, string | string[]>): Promise<Answer> {
    const socket = this.#socket
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Error('There is no connection'))
    const id = `web-${++this.#count}`
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(new Error('No answer in time')), answerTimeoutMs)
      const settle = (answer: Answer | Error) => {
        clearTimeout(timer)
        this.#pending.delete(id)
        if (answer instanceof Error) reject(answer)
        else resolve(answer)
      }
      this.#pending.set(id, { progress: new AnswerProgress(), settle })
      socket.send(JSON.stringify({ ...fields, ActionID: id }))
    })
  }

  #connect(): void {
    this.#handlers.onState(this.#wasIn ? 'waiting' : 'connecting', '')
    const socket = new WebSocket(this.#url)
    this.#socket = socket
    socket.onopen = () => void this.#logIn(socket)
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && typeof data === 'string') this.#take(data)
    }
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost()
    }
  }

  async #logIn(socket: WebSocket): Promise<void> {
    const { username, secret, key } = this.#login ?? { username: '', secret: '', key: '' }
    const login = { Action: 'Login', Username: username, Secret: secret, Events: 'on', Sequence: 'on' }
    try {
      const answer = await this.ask({
        ...login,
        ...(key && { ProxyKey: key }),
        ...(this.#sequence && { Since: this.#sequence })
      })
      if (socket !== this.#socket) return
      if (!isSuccess(answer)) return this.close(`${first(answer.response, 'Message') ?? 'Authentication failed'}.`)
      this.#wasIn = true
      this.#retryMs = 1_000
      this.#handlers.onState('in', '')
    } catch {
      // The connection was lost: `onclose` follows.
    }
  }

  #take(data: string): void {
    const message = parseMessage(data)
    if (!message) return
    this.#sequence = first(message, 'ProxySequence') ?? this.#sequence
    const pending = isBroadcast(message) ? undefined : this.#pending.get(first(message, 'ActionID') ?? '')
    if (pending) {
      const answer = pending.progress.push(message)
      if (answer) pending.settle(answer)
    } else if (first(message, 'Event') !== undefined) this.#handlers.onEvent(message, data.length)
  }

  #lost(): void {
    this.#socket = undefined
    this.#abandon('The connection was lost')
    if (!this.#wasIn) return this.close('The proxy cannot be reached, or refuses this page.')
    this.#handlers.onState('waiting', `The connection was lost. Trying again in ${Math.round(this.#retryMs / 1000)} s.`)
    this.#retryTimer = setTimeout(() => this.#connect(), this.#retryMs * (0.75 + Math.random() / 2))
    this.#retryMs = Math.min(2 * this.#retryMs, maxRetryMs)
  }

  #abandon(reason: string): void {
    for (const { settle } of [...this.#pending.values()]) settle(new Error(reason))
  }
}
