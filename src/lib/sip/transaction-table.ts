import type { SentRequest } from './build.js'
import { type ClientHandlers, type ClientOptions, ClientTransaction } from './client-transaction.js'
import type { SipReply, SipRequest } from './message.js'
import { type ServerHandlers, ServerTransaction } from './server-transaction.js'
import type { SipFlow, TransactionContext } from './transport.js'
import { isUniqueBranch } from './via.js'

/** Whose a reply was. What is not 'matched' has changed nothing. */
export type ReplyVerdict = 'matched' | 'unknown' | 'forged'

/** What a received request is. */
export type RequestVerdict =
  | { kind: 'new'; transaction: ServerTransaction }
  /** A copy, or the ACK of a refusal: it is dealt with. */
  | { kind: 'absorbed' }
  /** The ACK for a 2xx: it belongs to a dialog, not to a transaction. */
  | { kind: 'ack' }
  /** Too many at once: to be dropped, the peer repeats it. */
  | { kind: 'overload' }

export interface TableOptions {
  /** Server transactions at once. */
  maxServerTransactions?: number
}

// One lives for 32 s and takes about 2 KiB: 20 MiB, and 300 requests a second for a user agent that has no use for 10.
const defaultMaxServerTransactions = 10_000

/** All transactions of one user agent. Pure: what comes in is handed to it, and flows take what goes out. */
export class TransactionTable {
  readonly #context: TransactionContext
  readonly #maxServers: number
  readonly #clients = new Map<string, ClientTransaction>()
  readonly #servers = new Map<string, ServerTransaction>()

  constructor(context: TransactionContext, { maxServerTransactions = defaultMaxServerTransactions }: TableOptions = {}) {
    this.#context = context
    this.#maxServers = maxServerTransactions
  }

  get clientCount(): number {
    return this.#clients.size
  }

  get serverCount(): number {
    return this.#servers.size
  }

  /** Sends a request and follows it. Its branch must be new. */
  send(request: SentRequest, flow: SipFlow, handlers: ClientHandlers, options: ClientOptions = {}): ClientTransaction {
    const key = clientKey(request.branch, request.method)
    const transaction = new ClientTransaction(request, flow, this.#context, handlers, () => this.#clients.delete(key))
    this.#clients.set(key, transaction)
    transaction.start(options)
    return transaction
  }

  /**
   * Gives a reply to its transaction: the one of its branch and method (RFC 3261 17.1.3), if CSeq number, Call-ID and From tag are those
   * of the request too. A branch alone can be guessed from other branches of a careless sender; all four cannot.
   */
  receiveReply(reply: SipReply): ReplyVerdict {
    const { branch } = reply
    const { method } = reply.cseq
    const transaction = branch === undefined ? undefined : this.#clients.get(clientKey(branch, method))
    if (transaction?.request.method !== method) return 'unknown'
    const { request } = transaction
    const isOurs = reply.cseq.number === request.cseq && reply.callId === request.callId && reply.fromTag === request.fromTag
    if (!isOurs) return 'forged'
    transaction.receive(reply)
    return 'matched'
  }

  /** @param handlers for the transaction that begins, when it is a new one */
  receiveRequest(request: SipRequest, flow: SipFlow, handlers: ServerHandlers = {}): RequestVerdict {
    const { method } = request.start
    const key = serverKey(request, method === 'ACK' ? 'INVITE' : method)
    const known = this.#servers.get(key)
    if (method === 'ACK') {
      if (!known || known.state === 'accepted') return { kind: 'ack' }
      known.receiveAck()
      return { kind: 'absorbed' }
    }
    if (known) {
      known.receiveCopy()
      return { kind: 'absorbed' }
    }
    if (this.#servers.size >= this.#maxServers) return { kind: 'overload' }
    const transaction = new ServerTransaction(request, flow, this.#context, handlers, () => this.#servers.delete(key))
    this.#servers.set(key, transaction)
    return { kind: 'new', transaction }
  }

  /** The request that a CANCEL is about (RFC 3261 9.2): the INVITE of the same branch. */
  findCancelled(cancel: SipRequest): ServerTransaction | undefined {
    return this.#servers.get(serverKey(cancel, 'INVITE'))
  }

  /** A flow is gone: requests on it fail at once and need not wait for their time-out. */
  failFlow(flow: SipFlow, cause: unknown): void {
    for (const transaction of [...this.#clients.values()]) if (transaction.flow === flow) transaction.fail(cause)
    for (const transaction of [...this.#servers.values()]) if (transaction.flow === flow) transaction.stop()
  }

  /** Ends all, without a word to anybody. */
  stop(): void {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.stop()
  }
}

/** The branch; only a CANCEL has that of another request. */
function clientKey(branch: string, method: string): string {
  return method === 'CANCEL' ? `${branch} CANCEL` : branch
}

/** RFC 3261 17.2.3: branch, sent-by and method; of a sender of RFC 2543 all that makes a request what it is. */
function serverKey(request: SipRequest, method: string): string {
  const { via } = request
  const { branch } = via
  if (isUniqueBranch(branch)) return `${branch} ${via.sentBy.toLowerCase()} ${method}`
  // The To tag is left out: the ACK of a refusal has ours, which the INVITE did not have.
  return ['2543', request.start.uri, request.from.tag ?? '', request.callId, request.cseq.number, String(via), method].join(' ')
}
