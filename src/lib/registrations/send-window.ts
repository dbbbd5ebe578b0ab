import { WindowPace } from './window-pace.js'

/** A request that is on its way: how often it has gone out. */
export interface Outstanding {
  readonly sent: number
}

export interface SendWindowOptions {
  /** Accounts that may have a request on its way at the same time, at most. */
  limit: number
  /** Accounts that may begin in a second; undefined: as many as there is room for. */
  ratePerS?: number | undefined
  wheel: { after(delayMs: number, task: () => void): { cancel(): void } }
  now: () => number
}

// Several looks within T1: a repeat is answered before the next one.
const lookMs = 100

/**
 * Lets so many accounts talk at the same time, and no more: a registrar that is overrun loses packets, and every lost one is sent up to eleven times. How
 * many, `WindowPace` says. Knows no socket.
 */
export class SendWindow {
  readonly #options: SendWindowOptions
  /** Those who are registered and must not lose it, and all others. */
  readonly #queues: [Queue, Queue] = [new Queue(), new Queue()]
  readonly #watched = new Map<Outstanding, number>()
  readonly #pace: WindowPace
  #active = 0
  #isFilling = false
  #requests = 0
  #repeats = 0
  #seenRequests = 0
  #seenRepeats = 0
  #roundTrips = 0
  #roundTripSumMs = 0
  #wasFull = false
  #nextStartMs = Number.NEGATIVE_INFINITY
  #look: { cancel(): void } | undefined
  #paced: { cancel(): void } | undefined

  constructor(options: SendWindowOptions) {
    this.#options = options
    this.#pace = new WindowPace(options.limit)
  }

  get limit(): number {
    return this.#pace.limit
  }

  get active(): number {
    return this.#active
  }

  get waiting(): number {
    return this.#queues[0].length + this.#queues[1].length
  }

  /** Requests that went out, copies not counted. */
  get requests(): number {
    return this.#requests
  }

  /** Copies of requests. */
  get repeats(): number {
    let open = 0
    for (const [one, counted] of this.#watched) open += Math.max(0, one.sent - 1 - counted)
    return this.#repeats + open
  }

  /** Calls `start` when there is room. It calls `leave` once when it is done. @param urgent before those that are not */
  enter(start: () => void, urgent: boolean): void {
    this.#queues[urgent ? 0 : 1].push(start)
    this.#fill()
  }

  leave(): void {
    this.#active--
    this.#fill()
  }

  /** A request went out. */
  watch(one: Outstanding): void {
    this.#requests++
    this.#watched.set(one, 0)
    this.#look ??= this.#options.wheel.after(lookMs, () => this.#measure())
  }

  /** It has its reply, or none will come. @param roundTripMs from its first copy to its reply */
  unwatch(one: Outstanding, roundTripMs?: number): void {
    this.#count(one)
    // Nobody knows which of two copies was answered.
    if (roundTripMs !== undefined && one.sent === 1) {
      this.#roundTrips++
      this.#roundTripSumMs += roundTripMs
    }
    this.#watched.delete(one)
  }

  /** Whoever starts may end at once, and leave: that makes room for the next round, not for a call within this one. */
  #fill(): void {
    if (this.#isFilling) return
    this.#isFilling = true
    try {
      while (this.#active < Math.max(1, this.limit) && this.#mayStart()) {
        if (this.#active + 1 >= this.limit) this.#wasFull = true
        const start = this.#queues[0].shift() ?? this.#queues[1].shift()!
        this.#active++
        start()
      }
    } finally {
      this.#isFilling = false
    }
  }

  /** Somebody waits, and the rate allows it; else it is looked again when it does. */
  #mayStart(): boolean {
    const { now, ratePerS, wheel } = this.#options
    if (this.waiting === 0) return false
    if (ratePerS === undefined) return true
    const waitMs = this.#nextStartMs - now()
    if (waitMs > 0) {
      this.#paced ??= wheel.after(waitMs, () => {
        this.#paced = undefined
        this.#fill()
      })
      return false
    }
    this.#nextStartMs = Math.max(now() - 1000 / ratePerS, this.#nextStartMs) + 1000 / ratePerS
    return true
  }

  #measure(): void {
    for (const one of this.#watched.keys()) this.#count(one)
    const requests = this.#requests - this.#seenRequests
    const repeats = this.#repeats - this.#seenRepeats
    this.#seenRequests = this.#requests
    this.#seenRepeats = this.#repeats
    const roundTripMs = this.#roundTrips === 0 ? undefined : this.#roundTripSumMs / this.#roundTrips
    const before = this.limit
    this.#pace.look({ requests, repeats, roundTripMs, wasFull: this.#wasFull, nowMs: this.#options.now() })
    this.#roundTrips = 0
    this.#roundTripSumMs = 0
    this.#wasFull = this.#active >= this.limit
    if (this.limit > before) this.#fill()
    this.#look = this.#watched.size > 0 ? this.#options.wheel.after(lookMs, () => this.#measure()) : undefined
  }

  #count(one: Outstanding): void {
    const counted = this.#watched.get(one)
    if (counted === undefined) return
    this.#repeats += one.sent - 1 - counted
    this.#watched.set(one, one.sent - 1)
  }
}

/** First in, first out, without moving all the others for each. */
class Queue {
  #items: (() => void)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: () => void): void {
    this.#items.push(item)
  }

  shift(): (() => void) | undefined {
    if (this.#head >= this.#items.length) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined as never
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
