/** A timer that has not fired. */
export interface WheelTimer {
  /** Takes it back. Once it has fired, or a second time, this does nothing. */
  cancel(): void
}

export interface TimerWheelOptions {
  /** Milliseconds that never go back, from any start. Injected, so that tests need not wait. */
  now: () => number
  /** How fine it is. SIP's shortest timer is 500 ms, so that 10 ms are 2 % of it. */
  tickMs?: number
}

// 256 slots on each of four levels: with 10 ms ticks they reach 2.5 s, 11 min, 46 h and 497 days.
const slotBits = 8
const slots = 1 << slotBits
const slotMask = slots - 1
const levels = 4
/** How many ticks a slot of each level has. */
const spans = Array.from({ length: levels + 1 }, (_, level) => 2 ** (slotBits * level))
const maxTicks = 2 ** (slotBits * levels) - 1

class Entry implements WheelTimer {
  readonly tick: number
  /** The wheel that it is in. */
  level = 0
  task: (() => void) | undefined
  next: Entry = this
  #previous: Entry = this
  readonly #onCancel: (level: number) => void

  constructor(tick: number, task: (() => void) | undefined, onCancel: (level: number) => void) {
    this.tick = tick
    this.task = task
    this.#onCancel = onCancel
  }

  cancel(): void {
    if (this.task === undefined) return
    this.task = undefined
    this.unlink()
    this.#onCancel(this.level)
  }

  unlink(): void {
    this.#previous.next = this.next
    this.next.#previous = this.#previous
    this.#previous = this
    this.next = this
  }

  insertBefore(head: Entry): void {
    this.#previous = head.#previous
    this.next = head
    head.#previous.next = this
    head.#previous = this
  }
}

/**
 * All timers of all transactions and accounts in one hierarchical wheel: to start one and to take it back cost the same however many there
 * are, and the process has one timer of the system. It knows no system timer itself: whoever drives it calls `advance`, best after
 * `nextDelayMs`. No timer fires early, and none more than a tick late when it is driven in time.
 */
export class TimerWheel {
  readonly #now: () => number
  readonly #tickMs: number
  readonly #start: number
  /** Every tick up to this one has been handled. */
  #tick = 0
  readonly #wheels: Entry[][]
  /** Timers in each wheel: empty ones are passed in one step. */
  readonly #counts = new Array<number>(levels).fill(0)
  readonly #onCancel = (level: number) => {
    this.#size--
    this.#counts[level]!--
  }
  #size = 0

  constructor({ now, tickMs = 10 }: TimerWheelOptions) {
    this.#now = now
    this.#tickMs = tickMs
    this.#start = now()
    this.#wheels = Array.from({ length: levels }, () =>
      Array.from({ length: slots }, () => new Entry(0, undefined, () => undefined))
    )
  }

  /** Timers that have neither fired nor been taken back. */
  get size(): number {
    return this.#size
  }

  /** Runs `task` once, from `advance`, when `delayMs` have passed. */
  after(delayMs: number, task: () => void): WheelTimer {
    const due = Math.ceil((this.#now() - this.#start + Math.max(delayMs, 0)) / this.#tickMs)
    const tick = Math.min(Math.max(due, this.#tick + 1), this.#tick + maxTicks)
    const entry = new Entry(tick, task, this.#onCancel)
    this.#size++
    this.#place(entry)
    return entry
  }

  /** Runs what is due. What a task throws comes out of here; the others of its tick run at the next call. */
  advance(): void {
    const target = Math.floor((this.#now() - this.#start) / this.#tickMs)
    this.#runSlot(this.#tick)
    while (this.#tick < target && this.#size > 0) {
      this.#tick = Math.min(target, this.#nextTick())
      this.#cascade()
      this.#runSlot(this.#tick)
    }
    // With nothing left the ticks need not be gone through one by one.
    this.#tick = Math.max(this.#tick, target)
  }

  /** When `advance` should be called next, in milliseconds; undefined while there is no timer. It may be early, never late. */
  nextDelayMs(): number | undefined {
    if (this.#size === 0) return undefined
    const passed = this.#now() - this.#start
    for (let tick = this.#tick; tick <= this.#tick + slots; tick++) {
      const slot = this.#wheels[0]![tick & slotMask]!
      // At the turn of the lowest wheel the next one has to be emptied into it.
      if (slot.next !== slot || (tick > this.#tick && (tick & slotMask) === 0)) return Math.max(0, tick * this.#tickMs - passed)
    }
    return Math.max(0, (this.#tick + slots) * this.#tickMs - passed)
  }

  /** The next tick at which something can happen: one on, or where the lowest wheel that is not empty turns. */
  #nextTick(): number {
    let level = 0
    while (level < levels - 1 && this.#counts[level] === 0) level++
    const step = spans[level]!
    return (Math.floor(this.#tick / step) + 1) * step
  }

  #place(entry: Entry): void {
    const distance = entry.tick - this.#tick
    let level = 0
    while (level < levels - 1 && distance >= spans[level + 1]!) level++
    const slot = Math.floor(entry.tick / spans[level]!) & slotMask
    entry.level = level
    this.#counts[level]!++
    entry.insertBefore(this.#wheels[level]![slot]!)
  }

  /** Where a wheel has turned once, the slot of the next that has come is spread over the lower ones. */
  #cascade(): void {
    for (let level = 1; level < levels; level++) {
      if (this.#tick % spans[level]! !== 0) return
      const head = this.#wheels[level]![Math.floor(this.#tick / spans[level]!) & slotMask]!
      const moved: Entry[] = []
      for (let entry = head.next; entry !== head; entry = entry.next) moved.push(entry)
      for (const entry of moved) {
        entry.unlink()
        this.#counts[level]!--
        this.#place(entry)
      }
    }
  }

  #runSlot(tick: number): void {
    const head = this.#wheels[0]![tick & slotMask]!
    for (let entry = head.next; entry !== head; entry = head.next) {
      const task = entry.task
      entry.task = undefined
      entry.unlink()
      this.#size--
      this.#counts[0]!--
      task?.()
    }
  }
}
