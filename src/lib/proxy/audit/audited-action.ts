import { Block } from '../../ami/block.js'
import { maskInside } from '../../ami/secrets.js'
import type { OwnCopy } from '../fan-out.js'
import type { Origin } from '../formats/format.js'
import type { ProxyLog } from '../options.js'
import type { Ending } from '../pending-actions.js'
import type { Asker } from '../queries/query-pool.js'
import { type AuditRecord, audit } from './audit.js'

/** Characters of the answer's message. */
const maxReasonLength = 200

/** Waits for the answer to a client's action in the client's stead, and puts on record what it says; the client gets all as before. */
export class AuditedAction implements Asker {
  /** The client. */
  readonly asker: Asker
  readonly #log: ProxyLog
  /** Until it was told: the action may be remembered for long, its fields need not be. */
  #record: Omit<AuditRecord, 'outcome'> | undefined

  constructor(asker: Asker, log: ProxyLog, record: Omit<AuditRecord, 'outcome'>) {
    this.asker = asker
    this.#log = log
    this.#record = record
  }

  /** The first block with a `Response` is what became of it. */
  receive(bytes: Buffer, origin?: Origin): void {
    if (this.#record) {
      const block = new Block(bytes)
      const response = block.get('Response')?.trim()
      if (response !== undefined) this.#tell(response, /^error$/i.test(response) ? block.get('Message')?.trim() : undefined)
    }
    this.asker.receive(bytes, origin)
  }

  get inFlight(): number {
    return this.asker.inFlight
  }

  settled(ending: Ending): void {
    // Some answers of Asterisk have no Response at all.
    if (this.#record) this.#tell(ending.result === 'lost' ? 'lost' : 'answered')
    this.asker.settled(ending)
  }

  ownCopy(event: Buffer): OwnCopy | undefined {
    return this.asker.ownCopy(event)
  }

  #tell(outcome: string, message?: string): void {
    const record = this.#record
    if (!record) return
    this.#record = undefined
    const reason = message === undefined ? {} : { reason: maskInside(message.slice(0, maxReasonLength)) }
    audit(this.#log, { ...record, outcome: outcome.slice(0, maxReasonLength), ...reason })
  }
}
