import type { Block } from '../ami/block.js'
import { ProtocolError } from '../errors.js'
import type { InputParser } from './formats/format.js'
import type { WireTap } from './trace/wire-tap.js'

export interface IntakeHandlers {
  /** One action, whole. May call `hold`. */
  onAction: (block: Block) => void
  /** What can be no action of the format has come, and all before it was handed on: nothing more is read. */
  onFault: (message: string) => void
  /** An action was begun, and is not whole after `timeoutMs`. */
  onUnfinished: () => void
  /** Is nothing more wanted of the client? */
  isDeaf: () => boolean
  timeoutMs: () => number
  tap: WireTap | undefined
}

/** What one client sends: cut into actions, which are handed on one after the other, in the order in which they came. */
export class ActionIntake {
  readonly #parser: InputParser
  readonly #handlers: IntakeHandlers
  /** Actions that wait until one before them is decided. */
  #waiting: Block[] = []
  #isHeld = false
  #fault: string | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(parser: InputParser, handlers: IntakeHandlers) {
    this.#parser = parser
    this.#handlers = handlers
  }

  push(chunk: Buffer): void {
    const { isDeaf, tap } = this.#handlers
    if (isDeaf() || this.#fault !== undefined) return
    const blocks: Block[] = []
    try {
      this.#parser.push(chunk, blocks)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#fault = error.message
    }
    if (tap) for (const { bytes } of blocks) tap.received(bytes)
    if (blocks.length > 0) this.stopTimer()
    if (this.#isHeld) this.#waiting.push(...blocks)
    else this.#handOn(blocks)
    if (this.#fault === undefined) this.#watchUnfinished()
    else this.#tellFault()
  }

  /** What follows waits for `release`: an action is not decided yet. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    this.#handOn(this.#waiting.splice(0))
    this.#tellFault()
  }

  /** An action that is not whole need not become so any more. */
  stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #handOn(blocks: readonly Block[]): void {
    const { isDeaf, onAction } = this.#handlers
    for (const [index, block] of blocks.entries()) {
      if (isDeaf()) return
      onAction(block)
      if (!this.#isHeld) continue
      this.#waiting.push(...blocks.slice(index + 1))
      return
    }
  }

  /** What was asked before the fault is answered first, however TCP cut the bytes. */
  #tellFault(): void {
    if (this.#fault === undefined || this.#isHeld || this.#handlers.isDeaf()) return
    this.#handlers.onFault(this.#fault)
  }

  /** The time runs from an action's first byte, not from its last: one byte a second does not keep it waiting. */
  #watchUnfinished(): void {
    if (this.#parser.pendingBytes === 0) return this.stopTimer()
    this.#timer ??= setTimeout(this.#handlers.onUnfinished, this.#handlers.timeoutMs())
  }
}
