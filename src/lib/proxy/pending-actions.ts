import { randomBytes } from 'node:crypto'
import { AnswerProgress } from '../ami/answer.js'
import type { Block } from '../ami/block.js'
import { shapelessAnswers } from '../ami/catalog/overlay.js'
import type { Lookout } from '../ami/stream-splitter.js'
import type { OwnCopy } from './fan-out.js'
import type { Origin } from './formats/format.js'

/** Who is waiting for an answer. */
export interface Requester {
  /** Takes a block that belongs to its action, with its own ActionID in it. */
  receive: (block: Buffer, origin?: Origin) => void
  /** Has one action less in flight. */
  settled: (ending: Ending) => void
  /** Puts a copy of an event with its own ActionID in the place of everybody's; undefined when it has gone. */
  ownCopy: (event: Buffer) => OwnCopy | undefined
}

/** How an action ended. */
export interface Ending {
  action: string
  /** lost: the server went away before it answered. */
  result: 'success' | 'error' | 'lost'
  /** From the action's arrival to the last block of its answer. */
  ms: number
}

export interface PendingAction {
  readonly id: string
  readonly action: string
  /** The client's own ActionID, byte for byte; undefined when it sent none. */
  readonly originalId: Buffer | undefined
  readonly requester: Requester
  readonly progress: AnswerProgress
  /** Of `performance.now()`. */
  readonly startMs: number
}

/** Events that carry an ActionID of ours may come long after the answer (OriginateResponse): so many are remembered per server. */
const maxRemembered = 10_000
/** Actions that cause nothing after their answer. */
const causeNothing = new Set(['ping'])

/**
 * The actions that one server owes an answer, by the ActionID that we gave them. The ids are unique, and random at their beginning: no text in
 * an event is one by accident.
 */
export class PendingActions {
  readonly prefix = `pbxkit${randomBytes(4).toString('hex')}-`
  /** In the order of sending, which is the order in which Asterisk answers. */
  readonly #waiting = new Map<string, PendingAction>()
  /** The latest, and those before them: a map that forgets its oldest one by one gets slow. */
  #remembered = new Map<string, PendingAction>()
  #rememberedBefore = new Map<string, PendingAction>()
  #sent = 0
  #shapeless = 0

  /** What the stream has to be searched for now. */
  get lookout(): Lookout {
    const waiting = this.#waiting.size > 0
    return {
      idPrefix: waiting || this.#remembered.size > 0 || this.#rememberedBefore.size > 0 ? this.prefix : undefined,
      responses: waiting,
      everything: this.#shapeless > 0
    }
  }

  add(action: string, originalId: Buffer | undefined, requester: Requester): PendingAction {
    const id = `${this.prefix}${(++this.#sent).toString(36)}`
    const progress = new AnswerProgress(action)
    const pending: PendingAction = { id, action, originalId, requester, progress, startMs: performance.now() }
    this.#waiting.set(id, pending)
    if (shapelessAnswers.has(action.toLowerCase())) this.#shapeless++
    return pending
  }

  /** The action that a block belongs to: by its ActionID; a response without one belongs to the oldest that waits. */
  find(block: Block, id = block.get('ActionID')?.trim()): PendingAction | undefined {
    if (id !== undefined) return this.#waiting.get(id) ?? this.#remembered.get(id) ?? this.#rememberedBefore.get(id)
    return block.find('Event') === undefined ? this.#waiting.values().next().value : undefined
  }

  /** Is it an ActionID that we gave, be its action remembered or not? */
  isOurs(id: string): boolean {
    return id.startsWith(this.prefix)
  }

  /** Takes a block of an answer into account; with its last one the action is settled. */
  advance(pending: PendingAction, block: Block): void {
    if (pending.progress.done) return
    pending.progress.push(block)
    if (pending.progress.done) this.#settle(pending, pending.progress.isRefused ? 'error' : 'success')
  }

  /** Is Asterisk at work for a client? It takes one action after the other: an Originate that is not Async lets it say nothing for half a minute. */
  get hasWork(): boolean {
    return this.waiting.some(({ action }) => action.toLowerCase() !== 'ping')
  }

  isWaiting(pending: PendingAction): boolean {
    return this.#waiting.has(pending.id)
  }

  /** Ends an action that will get no further answer. */
  end(pending: PendingAction, result: Ending['result']): void {
    if (this.isWaiting(pending)) this.#settle(pending, result)
  }

  /** How many wait. */
  get count(): number {
    return this.#waiting.size
  }

  /** Those that wait, oldest first. */
  get waiting(): PendingAction[] {
    return [...this.#waiting.values()]
  }

  #settle(pending: PendingAction, result: Ending['result']): void {
    this.#waiting.delete(pending.id)
    if (shapelessAnswers.has(pending.action.toLowerCase())) this.#shapeless--
    if (!causeNothing.has(pending.action.toLowerCase())) this.#remember(pending)
    pending.requester.settled({ action: pending.action, result, ms: performance.now() - pending.startMs })
  }

  #remember(pending: PendingAction): void {
    this.#remembered.set(pending.id, pending)
    if (this.#remembered.size < maxRemembered / 2) return
    this.#rememberedBefore = this.#remembered
    this.#remembered = new Map()
  }
}
