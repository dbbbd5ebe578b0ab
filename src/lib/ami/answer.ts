import { type Block, sameName } from './block.js'
import { followingEvent, listEndEvent } from './catalog/catalog.js'
import { emptyListMessages } from './catalog/overlay.js'

/**
 * Follows one action's answer from its first block to its last, without keeping blocks. Knows the exceptions: `EventList: Start` with a capital
 * (FAXSessions), a following event without any EventList (FAXStats), and lists of Asterisk before 13 that only their closing event marks.
 */
export class AnswerProgress {
  readonly action: string
  #expects: 'response' | 'list' | 'one event' | 'nothing' = 'response'
  #refused = false

  constructor(action: string) {
    this.action = action
  }

  get done(): boolean {
    return this.#expects === 'nothing'
  }

  /** Did the server say no? An empty list that is worded as an error is no "no". */
  get isRefused(): boolean {
    return this.#refused
  }

  /** Has the response opened a list that is still running? */
  get listIsOpen(): boolean {
    return this.#expects === 'list' || this.#expects === 'one event'
  }

  /** @returns what this block, which carries the action's ActionID, is in the answer */
  push(block: Block): 'response' | 'item' | 'complete' | 'cancelled' {
    if (block.find('Event') === undefined) {
      this.#expects = this.#opensBy(block)
      return 'response'
    }
    const mark = block.get('EventList')?.trim().toLowerCase()
    const end = listEndEvent(this.action)
    if (
      mark === 'complete' ||
      mark === 'cancelled' ||
      (mark === undefined && end !== undefined && sameName(block.get('Event')!.trim(), end))
    ) {
      this.#expects = 'nothing'
      return mark === 'cancelled' ? 'cancelled' : 'complete'
    }
    if (this.#expects === 'one event') this.#expects = 'nothing'
    return 'item'
  }

  #opensBy(response: Block): 'list' | 'one event' | 'nothing' {
    if (isError(response)) {
      this.#refused = !isWordedAsError(this.action, response)
      return 'nothing'
    }
    if (sameName(response.get('EventList')?.trim() ?? '', 'start')) return 'list'
    if (!/follow/i.test(response.get('Message') ?? '')) return 'nothing'
    if (followingEvent(this.action)) return 'one event'
    return listEndEvent(this.action) ? 'list' : 'nothing'
  }
}

/** What came back for one action: its response, and when it opened a list, the list's items and its closing event. */
export interface Answer {
  action: string
  response: Block
  items: Block[]
  complete?: Block
  /** The list was broken off by the server (`EventList: Cancelled`). */
  cancelled: boolean
}

/** Puts an answer together from the blocks that carry the action's ActionID, in the order in which they come. */
export class AnswerCollector {
  readonly #progress: AnswerProgress
  readonly #items: Block[] = []
  #response: Block | undefined
  #complete: Block | undefined
  #cancelled = false

  constructor(action: string) {
    this.#progress = new AnswerProgress(action)
  }

  /** Has the response opened a list that is still running? */
  get isOpen(): boolean {
    return this.#progress.listIsOpen
  }

  /** @returns the answer when this block completes it, else undefined */
  push(block: Block): Answer | undefined {
    const role = this.#progress.push(block)
    if (role === 'response') this.#response ??= block
    else if (role === 'item') this.#items.push(block)
    else this.#complete = block
    this.#cancelled = role === 'cancelled'
    if (!this.#progress.done || !this.#response) return undefined
    return {
      action: this.#progress.action,
      response: this.#response,
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
  return isWordedAsError(answer.action, answer.response)
}

function isWordedAsError(action: string, response: Block): boolean {
  const entry = Object.entries(emptyListMessages).find(([name]) => sameName(name, action))
  return entry?.[1].test(response.get('Message') ?? '') ?? false
}

function isError(response: Block): boolean {
  return sameName(response.get('Response')?.trim() ?? '', 'error')
}
