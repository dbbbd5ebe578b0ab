import { AnswerProgress } from '../../ami/answer.js'
import type { Block } from '../../ami/block.js'
import { sameName } from '../../ami/block.js'
import { closeBlock, withActionId } from '../rewrite.js'

/** An answer is kept whole, for its Content-Length: some 30,000 channels of CoreShowChannels. */
const maxAnswerBytes = 32 * 1024 * 1024

export interface AnswerWish {
  action: string
  /** The ActionID that was sent. */
  id: string
  /** Was it ours? Then the client does not get to see it. */
  hidesId: boolean
  untilEvent: string | undefined
  /** Only events of this action. */
  autoFilter: boolean
}

/** Gathers what a request gets: the answer of its action, with `untilEvent` also the events up to that one. */
export class AnswerBlocks {
  /** In the order in which they came, each with its empty line. */
  readonly blocks: Buffer[] = []
  /** The first block that is no event. */
  response: Block | undefined
  isCancelled = false
  readonly #wish: AnswerWish
  readonly #progress: AnswerProgress
  #bytes = 0
  #untilEventCame = false
  #isClosed = false

  constructor(wish: AnswerWish) {
    this.#wish = wish
    this.#progress = new AnswerProgress(wish.action)
  }

  get isTooLarge(): boolean {
    return this.#bytes > maxAnswerBytes
  }

  get isDone(): boolean {
    if (this.#isClosed) return true
    if (!this.#progress.done) return false
    const { untilEvent } = this.#wish
    return untilEvent === undefined || this.#untilEventCame || isError(this.response)
  }

  push(block: Block): void {
    const { id, hidesId, untilEvent, autoFilter } = this.#wish
    const event = block.get('Event')?.trim()
    const isOwn = block.get('ActionID') === id
    if (event !== undefined && !isOwn && (untilEvent === undefined || autoFilter)) return
    // Every session is told so at its login: the client, which never logged in, did not cause it.
    if (!this.response && event === 'FullyBooted' && !sameName(event, untilEvent ?? '')) return
    // An answer without the id (old Asterisk has some) is still ours: this session asks for nothing else.
    if (event === undefined || isOwn) this.#advance(block)
    if (event !== undefined && untilEvent !== undefined && sameName(event, untilEvent)) this.#untilEventCame = true
    const bytes = closeBlock(hidesId && isOwn ? withActionId(block, undefined) : block.bytes)
    this.#bytes += bytes.length
    if (!this.isTooLarge) this.blocks.push(bytes)
  }

  /** Nothing more will come, whatever has come. */
  close(): void {
    this.#isClosed = true
  }

  #advance(block: Block): void {
    const role = this.#progress.push(block)
    if (role === 'response') this.response ??= block
    if (role === 'cancelled') this.isCancelled = true
  }
}

function isError(response: Block | undefined): boolean {
  return sameName(response?.get('Response')?.trim() ?? '', 'error')
}

/** How the proxy words what it refuses, and the status of each. Whatever else Asterisk answers, errors too, is 200 as it was with the old program. */
const statuses: readonly (readonly [RegExp, number])[] = [
  [/^(Permission denied|Action Filtered)/i, 403],
  [/^No server is connected|^Server .* is not connected|^The proxy is shutting down/i, 503],
  [/^The connection to server .* was lost|^The answer of server .* is longer than/i, 502],
  [/^More than \d+ actions in flight|^Too many/i, 429],
  [/^Server .* is not configured|^Missing action|^A NUL byte|^An Action has other|^A (line|header|block) is longer/i, 400],
  [/^More than the \d+ headers|^A block has more than/i, 400]
]

/** The HTTP status of an answer. */
export function statusOf(action: string, { response, isCancelled }: Pick<AnswerBlocks, 'response' | 'isCancelled'>): number {
  if (isCancelled) return 502
  if (!isError(response)) return 200
  const message = response?.get('Message')?.trim() ?? ''
  const found = statuses.find(([pattern]) => pattern.test(message))
  if (found) return found[1]
  return sameName(action, 'Login') || /^Authentication failed/i.test(message) ? 401 : 200
}
