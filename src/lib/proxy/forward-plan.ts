import { type Block, findHeader } from '../ami/block.js'
import type { AuditRecord } from './audit/audit.js'
import type { ProxyOptions } from './options.js'
import type { ActionKind } from './queries/query-actions.js'
import type { Rights } from './rights/rights.js'

/** An action of a client that may go to a server. */
export interface ForwardPlan {
  action: string
  kind: ActionKind
  /** As they go to Asterisk, without an ActionID. */
  lines: Buffer
  /** The server that it is for; undefined: any. */
  server: string | undefined
  /** What is put on record of an action that may change something. */
  fields: AuditRecord['fields'] | undefined
}

/** By what the plan was made. */
interface Grounds {
  rights: Rights
  /** A reload makes new ones. */
  options: ProxyOptions
}

/** More than nearly all actions have; what is longer is planned each time. */
const maxRememberedBytes = 2_048

/**
 * The last plan of one client. Panels and monitors send the same action again and again, with another ActionID: whether they may, and what of it
 * goes to Asterisk, does not change while rights and options are the same.
 */
export class LastPlan {
  #plan: ForwardPlan | undefined
  #grounds: Grounds | undefined
  #before = Buffer.alloc(0)
  #behind = Buffer.alloc(0)

  /** @returns the plan for an action that is the same but for the value of its first ActionID */
  recall({ bytes }: Block, { rights, options }: Grounds): ForwardPlan | undefined {
    if (!this.#plan || this.#grounds!.rights !== rights || this.#grounds!.options !== options) return undefined
    const rest = bytes.length - this.#behind.length
    if (rest < this.#before.length || !this.#behind.equals(bytes.subarray(rest))) return undefined
    if (!this.#before.equals(bytes.subarray(0, this.#before.length))) return undefined
    // What lies between is one value: a line end would begin another header, and Asterisk reads no further than a NUL.
    for (let at = this.#before.length; at < rest; at++)
      if (bytes[at] === 0 || bytes[at] === 0x0a || bytes[at] === 0x0d) return undefined
    return this.#plan
  }

  remember({ bytes }: Block, plan: ForwardPlan, grounds: Grounds): void {
    const id = findHeader(bytes, 'ActionID')
    if (!id || bytes.length > maxRememberedBytes || grounds.rights.hasRules) return
    this.#plan = plan
    this.#grounds = grounds
    // Copies: the action may be a part of a much larger chunk.
    this.#before = Buffer.from(bytes.subarray(0, id.valueStart))
    this.#behind = Buffer.from(bytes.subarray(id.valueEnd))
  }
}
