import { findHeader } from '../ami/block.js'
import { listEndEvent } from '../ami/catalog/catalog.js'
import type { OwnCopy } from './fan-out.js'
import type { ProxyLog } from './options.js'
import { type PendingAction, PendingActions, type Requester } from './pending-actions.js'
import { closeBlock, errorAnswer, ownAnswer, withActionId } from './rewrite.js'

export interface RouterOptions {
  serverName: string
  /** Appended to every block that comes from the server: `Server: name` and CRLF, or nothing. */
  mark: () => string
  onEvents: (run: Buffer, own?: OwnCopy) => void
  log: ProxyLog
}

/** Decides whose a block is that holds a mark: the answer of one client, or an event for all. */
export class AnswerRouter {
  readonly pending = new PendingActions()
  readonly #options: RouterOptions

  constructor(options: RouterOptions) {
    this.#options = options
  }

  /** @param block without its empty line */
  take(block: Buffer): void {
    const pending = this.pending.find(block)
    const ours = this.#hasOurId(block)
    // Asterisk broadcasts an event that has a Privilege; without one, or within a list, it is for the one who asked.
    const isBroadcast =
      findHeader(block, 'Event') !== undefined &&
      !pending?.progress.listIsOpen &&
      (!ours || findHeader(block, 'Privilege') !== undefined)
    if (isBroadcast) {
      // For the others the id means nothing, and put back to the requester's own it could be one of theirs.
      const own = ours
        ? pending?.requester.ownCopy(closeBlock(withActionId(block, pending.originalId), this.#options.mark()))
        : undefined
      this.#options.onEvents(closeBlock(ours ? withActionId(block, undefined) : block, this.#options.mark()), own)
    } else if (pending) {
      pending.requester.receive(closeBlock(withActionId(block, pending.originalId), this.#options.mark()))
      this.pending.advance(pending, block)
    } else {
      this.#options.log.debug(
        { server: this.#options.serverName, block: block.toString('latin1', 0, 80) },
        'an answer that nobody waits for'
      )
    }
  }

  /** @param head the first bytes of a block that was too long to be kept */
  takeOversized(head: Buffer, limit: number): void {
    this.#options.log.warn({ server: this.#options.serverName, limit }, 'a block over the limit was skipped')
    const pending = this.pending.find(head)
    if (!pending) return
    pending.requester.receive(
      errorAnswer(`The answer of server ${this.#options.serverName} is longer than ${limit} bytes`, pending.originalId)
    )
    this.pending.fail(pending)
  }

  /** The server has gone: everybody who waits is told so. */
  failAll(): void {
    for (const pending of this.pending.waiting) {
      const message = `The connection to server ${this.#options.serverName} was lost before it answered`
      const answer = pending.progress.listIsOpen ? cancelledList(pending, message) : errorAnswer(message, pending.originalId)
      pending.requester.receive(answer)
      this.pending.fail(pending)
    }
  }

  #hasOurId(block: Buffer): boolean {
    const header = findHeader(block, 'ActionID')
    return header !== undefined && block.toString('latin1', header.valueStart, header.valueEnd).startsWith(this.pending.prefix)
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
