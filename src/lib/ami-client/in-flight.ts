import { type Answer, AnswerCollector } from '../ami/answer.js'
import { Block } from '../ami/block.js'

interface Entry {
  id: string
  action: string
  collector: AnswerCollector
  resolve: (answer: Answer) => void
  reject: (error: Error) => void
  timer: NodeJS.Timeout
}

export interface Expectation {
  id: string
  action: string
  timeoutMs: number
  onTimeout: () => Error
}

/** The actions that wait for their answer. Several may share an ActionID that their user chose: they are answered in their order. */
export class InFlight {
  readonly #entries = new Map<string, Entry[]>()

  /** @returns the answer, when it is whole; the time runs anew with each block of it: a long list is not late as long as it comes */
  expect({ id, action, timeoutMs, onTimeout }: Expectation): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#remove(entry)
        reject(onTimeout())
      }, timeoutMs)
      const entry: Entry = { id, action, collector: new AnswerCollector(action), resolve, reject, timer }
      this.#entries.set(id, [...(this.#entries.get(id) ?? []), entry])
    })
  }

  /** @returns true when the block belonged to an answer */
  take(block: Block): boolean {
    const id = block.get('ActionID')
    const isEvent = block.get('Event') !== undefined
    // Asterisk answers the actions of one session in order: an answer without ActionID (IAXnetstats) is for the oldest.
    const entry = id !== undefined ? this.#entries.get(id)?.[0] : isEvent ? undefined : this.#oldest()
    // An event that comes while no list is open (OriginateResponse) is broadcast to all, though it carries our ActionID.
    if (!entry || (isEvent && !entry.collector.isOpen)) return false
    const answer = entry.collector.push(block)
    if (answer) {
      this.#remove(entry)
      entry.resolve(answer)
    } else {
      entry.timer.refresh()
    }
    return true
  }

  /** Ends the wait for an answer that has no form and did not come: it was empty. */
  finishEmpty(id: string): void {
    const entry = this.#entries.get(id)?.[0]
    if (!entry) return
    this.#remove(entry)
    entry.resolve({ action: entry.action, response: new Block(Buffer.alloc(0)), items: [], cancelled: false })
  }

  rejectAll(error: Error): void {
    const entries = [...this.#entries.values()].flat()
    this.#entries.clear()
    for (const { timer, reject } of entries) {
      clearTimeout(timer)
      reject(error)
    }
  }

  #oldest(): Entry | undefined {
    return this.#entries.values().next().value?.[0]
  }

  #remove(entry: Entry): void {
    clearTimeout(entry.timer)
    const left = (this.#entries.get(entry.id) ?? []).filter((other) => other !== entry)
    if (left.length > 0) this.#entries.set(entry.id, left)
    else this.#entries.delete(entry.id)
  }
}
