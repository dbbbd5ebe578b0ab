import { Block } from '../ami/block.js'
import { listEndEvent } from '../ami/catalog/catalog.js'
import type { OwnCopy } from './fan-out.js'
import type { ProxyLog } from './options.js'
import { type PendingAction, PendingActions, type Requester } from './pending-actions.js'
import { closeBlock, closeWithActionId, errorAnswer, ownAnswer } from './rewrite.js'
import { shownBlock } from './trace/wire-text.js'

export interface RouterOptions {
  serverName: string
  /** Appended to every block that comes from the server: `Server: name` and CRLF, or nothing. */
  mark: () => string
  onEvents: (run: Buffer, own?: OwnCopy) => void
  /** An answer that one client has been given. */
  onAnswer: (block: Buffer, to: Requester) => void
  log: ProxyLog
}

/** Decides whose a block is that holds a mark: the answer of one client, or an event for all. */
export class AnswerRouter {
  readonly pending = new PendingActions()
  readonly #options: RouterOptions

  constructor(options: RouterOptions) {
    this.#options = options
  }

  /** @param bytes a block without its empty line */
  take(bytes: Buffer): void {
    const block = new Block(bytes)
    const id = block.get('ActionID')?.trim()
    const pending = this.pending.find(block, id)
    const ours = id !== undefined && this.pending.isOurs(id)
    const closed = (id: Buffer | undefined) => closeWithActionId(block, id, this.#options.mark())
    // Asterisk broadcasts an event that has a Privilege; without one, or within a list, it is for the one who asked.
    const isBroadcast = block.find('Event') && !pending?.progress.listIsOpen && (!ours || block.find('Privilege'))
    if (isBroadcast) {
      // For the others the id means nothing, and put back to the requester's own it could be one of theirs.
      const own = ours ? pending?.requester.ownCopy(closed(pending.originalId)) : undefined
      this.#options.onEvents(ours ? closed(undefined) : closeBlock(bytes, this.#options.mark()), own)
    } else if (pending) {
      const answer = closed(pending.originalId)
      pending.requester.receive(answer, 'server')
      this.#options.onAnswer(answer, pending.requester)
      this.pending.advance(pending, block)
    } else {
      this.#options.log.debug(
        { server: this.#options.serverName, block: shownBlock(bytes.toString('utf8'), 'ami').slice(0, 80) },
        'an answer that nobody waits for'
      )
    }
  }

  /** @param head the first bytes of a block that was too long to be kept */
  takeOversized(head: Buffer, limit: number): void {
    this.#options.log.warn({ server: this.#options.serverName, limit }, 'a block over the limit was skipped')
    const pending = this.pending.find(new Block(head))
    if (!pending) return
    pending.requester.receive(
      errorAnswer(`The answer of server ${this.#options.serverName} is longer than ${limit} bytes`, pending.originalId)
    )
    this.pending.end(pending, 'error')
  }

  /** The server has gone: everybody who waits is told so. */
  failAll(): void {
    for (const pending of this.pending.waiting) {
      const message = `The connection to server ${this.#options.serverName} was lost before it answered`
      const answer = pending.progress.listIsOpen ? cancelledList(pending, message) : errorAnswer(message, pending.originalId)
      pending.requester.receive(answer)
      this.pending.end(pending, 'lost')
    }
  }

  /**
   * Waits for the answer to a Ping that was sent behind an action whose answer has no form: when it comes and the action still waits, its answer
   * was the empty line that a stream of blocks does not show.
   */
  behind(pending: PendingAction): Requester {
    const receive = () => {
      if (!this.pending.isWaiting(pending)) return
      pending.requester.receive(Buffer.from('\r\n'))
      this.pending.end(pending, 'success')
    }
    return { ...nobody, receive }
  }
}

/** What closes a list that its server cannot close any more: its response was given already. */
function cancelledList({ action, originalId }: PendingAction, message: string): Buffer {
  return ownAnswer(
    [
      ['Event', listEndEvent(action) ?? `${action}Complete`],
      ['EventList', 'Cancelled'],
      ['Message', message]
    ],
    originalId
  )
}

/** An internal action of the proxy, whose answer interests nobody. */
export const nobody: Requester = { receive: () => {}, settled: () => {}, ownCopy: () => undefined }
