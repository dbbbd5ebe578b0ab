import { type Block, sameName } from './block.js'
import { followingEvent, listEndEvent } from './catalog/catalog.js'
import { emptyListMessages } from './catalog/overlay.js'

/** What came back for one action: its response, and when it opened a list, the list's items and its closing event. */
export interface Answer {
  action: string
  response: Block
  items: Block[]
  complete?: Block
  /** The list was broken off by the server (`EventList: Cancelled`). */
  cancelled: boolean
}

/**
 * Puts an answer together from the blocks that carry the action's ActionID, in the order in which they come. Knows the exceptions:
 * `EventList: Start` with a capital (FAXSessions), a following event without any EventList (FAXStats), and lists of Asterisk before 13
 * that only their closing event marks.
 */
export class AnswerCollector {
  readonly action: string
  #response: Block | undefined
  readonly #items: Block[] = []
  #complete: Block | undefined
  #cancelled = false
  #open: 'no' | 'list' | 'one event' = 'no'

  constructor(action: string) {
    this.action = action
  }

  /** Has the response opened a list that is still running? */
  get isOpen(): boolean {
    return this.#open !== 'no'
  }

  /** @returns the answer when this block completes it, else undefined */
  push(block: Block): Answer | undefined {
    if (block.get('Event') === undefined) return this.#respond(block)
    if (!this.#response) {
      // An item before its response: seen from no Asterisk; kept rather than lost.
      this.#items.push(block)
      return undefined
    }
    return this.#item(block)
  }

  #respond(block: Block): Answer | undefined {
    this.#response ??= block
    this.#open = this.#opens(block)
    return this.#open === 'no' ? this.#finish() : undefined
  }

  #opens(response: Block): 'no' | 'list' | 'one event' {
    if (isError(response)) return 'no'
    if (sameName(response.get('EventList')?.trim() ?? '', 'start')) return 'list'
    if (!/follow/i.test(response.get('Message') ?? '')) return 'no'
    if (followingEvent(this.action)) return 'one event'
    return listEndEvent(this.action) ? 'list' : 'no'
  }

  #item(block: Block): Answer | undefined {
    const mark = block.get('EventList')?.trim().toLowerCase()
    const name = block.get('Event')?.trim().toLowerCase()
    if (mark === 'complete' || mark === 'cancelled' || (mark === undefined && name === listEndEvent(this.action))) {
      this.#complete = block
      this.#cancelled = mark === 'cancelled'
      return this.#finish()
    }
    this.#items.push(block)
    return this.#open === 'one event' ? this.#finish() : undefined
  }

  #finish(): Answer {
    this.#open = 'no'
    return {
      action: this.action,
      response: this.#response!,
      items: this.#items,
      ...(this.#complete && { complete: this.#complete }),
      cancelled: this.#cancelled
    }
  }
}

/** Did the server say no? An empty list that is worded as an error is no "no". */
export function isRefusal(answer: Answer): boolean {
  return isError(answer.response) && !isEmptyList(answer)
}

/** Is this `Response: Error` only the server's way to say that the list is empty? */
export function isEmptyList(answer: Answer): boolean {
  if (!isError(answer.response)) return false
  const entry = Object.entries(emptyListMessages).find(([action]) => sameName(action, answer.action))
  return entry?.[1].test(answer.response.get('Message') ?? '') ?? false
}

function isError(response: Block): boolean {
  return sameName(response.get('Response')?.trim() ?? '', 'error')
}
