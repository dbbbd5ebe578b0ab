import { Block } from '../../ami/block.js'
import type { OwnCopy } from '../fan-out.js'
import type { Origin } from '../formats/format.js'
import type { Ending, Requester } from '../pending-actions.js'
import { withActionId } from '../rewrite.js'
import type { Recording } from './snapshots.js'

interface Asker {
  requester: Requester
  /** Its own ActionID; undefined when it sent none. */
  id: Buffer | undefined
}

/** Stands where the first asker's ActionID would, so that the place of the others' is known. */
const placeholder = Buffer.from('q')

/**
 * One query that is on its way, and all who wait for its answer: each gets a full copy with its own ActionID, in its own format. To the server it is
 * the one who asks, so nobody's leaving is anybody else's concern.
 */
export class SharedQuery implements Requester {
  /** What the server's answers are to be given as ActionID. */
  readonly wireId: Buffer
  readonly #first: Asker
  #joined: Asker[] = []
  readonly #onBegun: () => void
  readonly #recording: Recording | undefined
  #hasBegun = false

  /**
   * @param onBegun the answer has begun to come: nobody can join any more
   * @param recording what takes the answer down, if it is kept
   */
  constructor(
    requester: Requester,
    id: Buffer | undefined,
    { onBegun, recording }: { onBegun: () => void; recording?: Recording | undefined }
  ) {
    this.#first = { requester, id }
    this.wireId = id ?? placeholder
    this.#onBegun = onBegun
    this.#recording = recording
  }

  /** Only while nothing of the answer has come. */
  join(requester: Requester, id: Buffer | undefined): void {
    this.#joined.push({ requester, id })
  }

  receive(answer: Buffer, origin?: Origin): void {
    this.#begin()
    this.#recording?.push(answer, origin)
    const { requester, id } = this.#first
    const block = id === undefined || this.#joined.length > 0 ? new Block(answer) : undefined
    requester.receive(id === undefined ? withActionId(block!, undefined) : answer, origin)
    for (const { requester, id } of this.#joined) requester.receive(withActionId(block!, id), origin)
  }

  settled(ending: Ending): void {
    this.#begin()
    this.#recording?.end()
    this.#first.requester.settled(ending)
    for (const { requester } of this.#joined) requester.settled(ending)
    // It is remembered for a while, as every action is: not with all who have their answer.
    this.#joined = []
  }

  /** No query causes events for everybody; should one, it is the first asker's. */
  ownCopy(event: Buffer): OwnCopy | undefined {
    const { requester, id } = this.#first
    return requester.ownCopy(id === undefined ? withActionId(new Block(event), undefined) : event)
  }

  #begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    this.#onBegun()
  }
}
