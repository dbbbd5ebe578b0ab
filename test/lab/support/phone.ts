import { parseAddress } from '../../../src/lib/sip/address.js'
import type { ReplyParts } from '../../../src/lib/sip/build.js'
import { DigestSession } from '../../../src/lib/sip/digest-session.js'
import { isReply, type SipReply, type SipRequest } from '../../../src/lib/sip/message.js'
import type { ServerTransaction } from '../../../src/lib/sip/server-transaction.js'
import { parseUri, type SipUri } from '../../../src/lib/sip/uri.js'
import { type CallResult, call } from '../../../src/lib/uac/call.js'
import type { RequestDraft } from '../../../src/lib/uac/draft.js'
import { exchange } from '../../../src/lib/uac/exchange.js'
import { inactiveOffer } from '../../../src/lib/uac/request-fields.js'
import { subscribe } from '../../../src/lib/uac/subscribe.js'
import { UserAgent } from '../../../src/lib/uac/user-agent.js'
import { DigestGuard, type Login } from './digest-guard.js'
import { Watched } from './limit.js'
import { Speech } from './speech.js'

const timeoutMs = 8_000

export interface PhoneOptions {
  password?: string
  /** Logs in under another name than that of its From. */
  login?: string
  /** For a provider: who registers and calls has to log in so. */
  asks?: Login
  bind?: { host: string; port?: number }
}

/** A SIP phone, or a provider, on a port of its own. It sends no media. */
export class Phone {
  readonly agent: UserAgent
  /** What it answers to calls; `answer` takes them, 180 lets them ring. */
  onInvite: 'answer' | number = 'answer'
  /** Its answer's description; by default one without media. */
  answerWith: Buffer | undefined
  readonly invites: SipRequest[] = []
  readonly messages: SipRequest[] = []
  /** Registrations that it has taken. */
  readonly registers: SipRequest[] = []
  readonly cancels: SipRequest[] = []
  readonly #name: string
  readonly #server: SipUri
  readonly #domain: string
  readonly #digest: DigestSession | undefined
  readonly #guard: DigestGuard | undefined
  readonly #watched = new Watched()
  #isWatching = false
  readonly #answered = new Map<string, ServerTransaction>()

  /**
   * @param port of the server on 127.0.0.1
   * @param password undefined for one that has none: a stranger, or a provider
   * @param bind its own address
   */
  constructor(name: string, port: number, { password, login = name, asks, bind = { host: '127.0.0.1' } }: PhoneOptions = {}) {
    this.#name = name
    this.agent = new UserAgent({ bind, udp: 'shared', connectTimeoutMs: timeoutMs, userAgent: '' })
    this.#domain = `127.0.0.1:${port}`
    this.#server = parseUri(`sip:${this.#domain}`) as SipUri
    const { agent } = this
    this.#digest =
      password === undefined
        ? undefined
        : new DigestSession({ credentialsFor: () => ({ username: login, password }), cnonce: () => agent.ids.cnonce() })
    this.#guard = asks && new DigestGuard(asks)
    agent.listen((message) => {
      if (!message || !('method' in message.start) || message.start.method !== 'CANCEL') return
      this.cancels.push(message as SipRequest)
      this.#watched.changed()
    })
    agent.handleRequests((request, transaction) => {
      const answer = this.#answer(request, transaction)
      this.#watched.changed()
      return answer
    })
  }

  /** Binds its port, which otherwise is done when it first sends something. */
  async listen(): Promise<void> {
    await this.agent.flowTo((await this.agent.targetsOf(this.#server))[0]!)
  }

  /** @param contact a Contact header of one's own @returns the status */
  async register(expiresS = 300, contact?: string): Promise<number> {
    const headers = [['Expires', String(expiresS)] as const, ...(contact === undefined ? [] : [['Contact', contact] as const])]
    const { reply } = await this.#exchange({ ...this.#draft('REGISTER', this.#name), uri: `sip:${this.#domain}`, headers })
    return reply.start.status
  }

  /** Calls; hangs up when the other side has answered and the time is over. */
  call(
    number: string,
    { byeAfterMs = 200, cancelAfterMs = timeoutMs, offer }: { byeAfterMs?: number; cancelAfterMs?: number; offer?: Buffer } = {}
  ): Promise<CallResult> {
    const draft = {
      ...this.#draft('INVITE', number),
      headers: [['Content-Type', 'application/sdp']] as const,
      body: (flow: { sentBy: string }) => offer ?? inactiveOffer(flow.sentBy)
    }
    return call(this.agent, draft, { to: this.#server, timeoutMs: 30_000, digest: this.#digest, byeAfterMs, cancelAfterMs })
  }

  /** Calls and speaks, until it hangs up or is hung up on. @param onSpeech told what it speaks by, to press keys */
  async speak(number: string, byeAfterMs: number, onSpeech: (speech: Speech) => void = () => {}): Promise<CallResult> {
    const speech = await Speech.open()
    onSpeech(speech)
    const stop = this.agent.listen((message) => {
      const isAnswer = message !== undefined && isReply(message) && message.start.status === 200 && message.body.length > 0
      if (isAnswer) speech.start(message.body.toString())
    })
    try {
      return await this.call(number, { byeAfterMs, offer: speech.offer })
    } finally {
      stop()
      speech.stop()
    }
  }

  /** Calls, and presses a key by SIP INFO (application/dtmf-relay) once it is answered. @returns the status of the INFO; the call goes on */
  async pressByInfo(number: string, key: string): Promise<number> {
    let stop = () => {}
    const answered = new Promise<SipReply>((resolve) => {
      stop = this.agent.listen((message) => {
        if (message && isReply(message) && message.start.status === 200 && message.get('CSeq')?.endsWith('INVITE'))
          resolve(message)
      })
    })
    const ended = this.call(number, { byeAfterMs: 60_000 })
    try {
      const answer = await Promise.race([answered, ended.then(() => Promise.reject(new Error('nobody has answered')))])
      const { reply } = await this.#exchange({
        ...this.#draft('INFO', number),
        uri: parseAddress(answer.get('Contact')!).uriText,
        ...{ from: parseAddress(answer.get('From')!), to: parseAddress(answer.get('To')!), callId: answer.callId },
        cseq: Number.parseInt(answer.get('CSeq')!, 10) + 1,
        headers: [['Content-Type', 'application/dtmf-relay']],
        body: Buffer.from(`Signal=${key}\r\nDuration=160\r\n`)
      })
      return reply.start.status
    } finally {
      stop()
      ended.catch(() => {})
    }
  }

  /** @returns the status of the call */
  async dial(number: string, options?: { byeAfterMs?: number }): Promise<number> {
    return (await this.call(number, options)).answer.reply.start.status
  }

  /** @param display before the address in From, quoted @returns the status */
  async text(number: string, body: string, display = ''): Promise<number> {
    const { reply } = await this.#exchange({
      ...this.#draft('MESSAGE', number, display),
      headers: [['Content-Type', 'text/plain;charset=UTF-8']],
      body: Buffer.from(body)
    })
    return reply.start.status
  }

  /** Watches a number for a time. @param onNotify told of each NOTIFY @returns the status of the subscription */
  async watch(number: string, waitMs: number, onNotify: (notify: SipRequest) => void): Promise<number> {
    const draft = {
      ...this.#draft('SUBSCRIBE', number),
      headers: [
        ['Event', 'dialog'],
        ['Accept', 'application/dialog-info+xml'],
        ['Expires', '120']
      ] as const
    }
    this.#isWatching = true
    const { answer } = await subscribe(this.agent, draft, { to: this.#server, timeoutMs, digest: this.#digest, waitMs, onNotify })
    return answer.reply.start.status
  }

  until<T>(look: (phone: Phone) => T | undefined | false, what: string, limitMs?: number): Promise<T> {
    return this.#watched.until(
      () => look(this) || undefined,
      () => `${this.#name}: ${what}`,
      limitMs
    )
  }

  close(): void {
    this.agent.close()
  }

  #exchange(draft: RequestDraft) {
    return exchange(this.agent, draft, { to: this.#server, timeoutMs, digest: this.#digest })
  }

  #draft(method: string, user: string, display = ''): RequestDraft {
    const { ids } = this.agent
    const uri = `sip:${user}@${this.#domain}`
    const from = parseAddress(`${display}<sip:${this.#name}@${this.#domain}>;tag=${ids.tag()}`)
    return { method, uri, from, to: parseAddress(`<${uri}>`), callId: ids.callId(), cseq: 1, contactUser: this.#name }
  }

  #answer(request: SipRequest, transaction: ServerTransaction | undefined): ReplyParts | undefined {
    switch (request.start.method) {
      case 'REGISTER':
        return this.#guard?.refuse(request) ?? this.#register(request)
      case 'INVITE':
        return this.#guard?.refuse(request) ?? this.#take(request, transaction!)
      case 'ACK':
        this.#answered.get(request.callId)?.acknowledge()
        return undefined
      case 'MESSAGE':
        this.messages.push(request)
        return { status: 200 }
      case 'BYE':
        // Those of calls that it made are told elsewhere.
        return this.#answered.has(request.callId) ? { status: 200 } : undefined
      case 'NOTIFY':
        // Those of subscriptions are told elsewhere.
        return this.#isWatching ? undefined : { status: 200 }
      default:
        return undefined
    }
  }

  #register(request: SipRequest): ReplyParts {
    this.registers.push(request)
    return { status: 200, headers: request.contacts.map(({ uriText }) => ['Contact', `<${uriText}>;expires=300`] as const) }
  }

  #take(request: SipRequest, transaction: ServerTransaction): ReplyParts {
    this.invites.push(request)
    if (this.onInvite !== 'answer') return { status: this.onInvite }
    this.#answered.set(request.callId, transaction)
    const { sentBy } = transaction.flow as unknown as { sentBy: string }
    return {
      status: 200,
      headers: [
        ['Contact', `<sip:${this.#name}@${sentBy}>`],
        ['Content-Type', 'application/sdp']
      ],
      body: this.answerWith ?? inactiveOffer(sentBy)
    }
  }
}
