/** A request that is on its way: how often it has gone out. */
export interface Outstanding {
  readonly sent: number
}

export interface SendWindowOptions {
  /** Accounts that may have a request on its way at the same time. */
  limit: number
  /** Accounts that may begin in a second; undefined: as many as there is room for. */
  ratePerS?: number | undefined
  wheel: { after(delayMs: number, task: () => void): { cancel(): void } }
  now: () => number
}

// Half of T1: a repeat is seen before the next one.
const lookMs = 250
// A halved window needs a round trip and T1 to show what it did.
const settleMs = 500
// Kamailio's registrar with two workers loses nothing at 1 %, and a tenth of all at 15 %.
const maxLoss = 0.02
// Two lost packets are no sign of anything.
const fewestRepeats = 3
// A registrar that answers nobody is still asked by so many, until the breaker opens.
const smallest = 8
const growth = 1.25

/**
 * Lets so many accounts talk at the same time, and no more: a registrar that is overrun loses packets, and every lost one is sent up to eleven times. The
 * window is halved when requests have to be repeated, and grows again when none has. Knows no socket.
 */
export class SendWindow {
  readonly #options: SendWindowOptions
  /** Those who are registered and must not lose it, and all others. */
  readonly #queues: [Queue, Queue] = [new Queue(), new Queue()]
  readonly #watched = new Map<Outstanding, number>()
  #limit: number
  #active = 0
  #requests = 0
  #repeats = 0
  #seenRequests = 0
  #seenRepeats = 0
  #changedMs = Number.NEGATIVE_INFINITY
  #nextStartMs = Number.NEGATIVE_INFINITY
  #look: { cancel(): void } | undefined
  #paced: { cancel(): void } | undefined

  constructor(options: SendWindowOptions) {
    this.#options = options
    this.#limit = options.limit
  }

  get limit(): number {
    return Math.floor(this.#limit)
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

  /** It has its reply, or none will come. */
  unwatch(one: Outstanding): void {
    this.#count(one)
    this.#watched.delete(one)
  }

  #fill(): void {
    const { now, ratePerS, wheel } = this.#options
    while (this.#active < Math.max(1, this.limit)) {
      if (this.waiting === 0) return
      if (ratePerS !== undefined) {
        const waitMs = this.#nextStartMs - now()
        if (waitMs > 0) {
          this.#paced ??= wheel.after(waitMs, () => {
            this.#paced = undefined
            this.#fill()
          })
          return
        }
        this.#nextStartMs = Math.max(now() - 1000 / ratePerS, this.#nextStartMs) + 1000 / ratePerS
      }
      const start = this.#queues[0].shift() ?? this.#queues[1].shift()!
      this.#active++
      start()
    }
  }

  #measure(): void {
    for (const one of this.#watched.keys()) this.#count(one)
    const requests = this.#requests - this.#seenRequests
    const repeats = this.#repeats - this.#seenRepeats
    this.#seenRequests = this.#requests
    this.#seenRepeats = this.#repeats
    this.#adapt(requests, repeats)
    this.#look = this.#watched.size > 0 ? this.#options.wheel.after(lookMs, () => this.#measure()) : undefined
  }

  #count(one: Outstanding): void {
    const counted = this.#watched.get(one)
    if (counted === undefined) return
    this.#repeats += one.sent - 1 - counted
    this.#watched.set(one, one.sent - 1)
  }

  #adapt(requests: number, repeats: number): void {
    const nowMs = this.#options.now()
    const isLossy = repeats >= fewestRepeats && repeats > maxLoss * Math.max(requests, this.#watched.size)
    if (isLossy && nowMs - this.#changedMs >= settleMs) {
      this.#limit = Math.max(Math.min(smallest, this.#options.limit), this.#limit / 2)
      this.#changedMs = nowMs
    } else if (repeats === 0 && requests > 0 && this.#limit < this.#options.limit) {
      this.#limit = Math.min(this.#options.limit, this.#limit * growth)
      this.#fill()
    }
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
