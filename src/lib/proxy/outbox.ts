import type { Duplex } from 'node:stream'

export interface OutboxOptions {
  maxQueueBytes: number
  /** So long a client may be behind before it counts as too slow. */
  maxQueueAgeMs: number
  /** What happens to a client that is too slow: it misses events, or it is closed. */
  overflow: 'drop-events' | 'disconnect'
  /** How long events are collected before they are written; answers never wait. */
  coalesceMs: number
  /** The client read nothing for `stallTimeoutMs` while its queue was full. */
  onStalled: () => void
  stallTimeoutMs: number
  /** Shown whatever is written, whole blocks; only where somebody wants to see the wire. */
  onWrite?: ((bytes: Buffer) => void) | undefined
  /** It has missed events, and reads again. */
  onDropped: (events: number) => void
}

/** A client reads fast when it took so much within so short a time: 10 MB/s, far more than any Asterisk sends. */
const fastBytes = 200 * 1024
/** Below this, 1 MB/s, it hardly reads: nobody waits for it. */
const slowestBytes = 20 * 1024
const windowMs = 20

/** So much is worth a write of its own: waiting for more saves nothing. */
const enoughBytes = 64 * 1024

/** What is written once all that has come in has been looked at, over all clients: one write each. */
let answering: Outbox[] = []
/** What is enough for a write, and goes out at once: more would only pile up. */
const full: Outbox[] = []
/** What may wait a little for further events. */
let collecting: Outbox[] = []

function flushAnswering(): void {
  const all = answering
  answering = []
  for (const outbox of all) outbox.flush()
}

function flushFull(): void {
  for (const outbox of full.splice(0)) outbox.flush()
}

function flushCollected(): void {
  const all = collecting
  collecting = []
  for (const outbox of all) outbox.flush()
}

/** Most clients get the same parts: what one joined serves the next. */
let lastJoined: { parts: readonly Buffer[]; bytes: Buffer } = { parts: [], bytes: Buffer.alloc(0) }

function join(parts: readonly Buffer[]): Buffer {
  if (parts.length === 1) return parts[0]!
  const { parts: last, bytes } = lastJoined
  if (last.length === parts.length && last.every((part, index) => part === parts[index])) return bytes
  lastJoined = { parts, bytes: Buffer.concat(parts) }
  // Kept for this turn only: a large one would otherwise stay in memory.
  if (lastJoined.bytes.length > enoughBytes) queueMicrotask(forget)
  return lastJoined.bytes
}

function forget(): void {
  lastJoined = { parts: [], bytes: Buffer.alloc(0) }
}

/**
 * The way out to one client: events are collected for a moment, answers are written at the end of the turn of the event loop with what was collected before them,
 * and the queue has a bound. A client that is too slow misses whole events and is told how many (`Event: ProxyOverflow`), or is closed; answers
 * are never dropped, but a client that does not read is closed in the end. Nobody else waits for it.
 */
export class Outbox {
  readonly #socket: Duplex
  readonly #options: OutboxOptions
  #parts: Buffer[] = []
  #queuedBytes = 0
  #pushedBytes = 0
  #droppedEvents = 0
  #droppedInAll = 0
  #overflowing = false
  #waitsFor: 'nothing' | 'more events' | 'end of turn' | 'end of tick' = 'nothing'
  #behindSinceMs: number | undefined
  #stallTimer: NodeJS.Timeout | undefined
  #drainedAtLastCheck = 0
  #window = { startMs: 0, drainedBytes: 0 }
  #bytesPerWindow = 0
  readonly #onDrain = () => this.#recover()
  readonly #onCaughtUp = () => {
    this.#behindSinceMs = undefined
  }

  constructor(socket: Duplex, options: OutboxOptions) {
    this.#socket = socket
    this.#options = options
    socket.once('close', () => clearTimeout(this.#stallTimer))
  }

  /** Bytes that wait in this process for the client. */
  get waitingBytes(): number {
    return this.#queuedBytes + this.#socket.writableLength
  }

  /** Bytes that the system has taken from us for the client. */
  get drainedBytes(): number {
    return this.#pushedBytes - this.waitingBytes
  }

  /** Does it miss events at the moment? */
  get isOverflowing(): boolean {
    return this.#overflowing
  }

  /** Did it read as fast as it can be sent to? To be asked often: a window ends when it is asked for. */
  readsFast(nowMs: number): boolean {
    return this.#measure(nowMs) >= fastBytes
  }

  /** Did it read at all, worth mentioning? */
  reads(nowMs: number): boolean {
    return this.#measure(nowMs) >= slowestBytes
  }

  #measure(nowMs: number): number {
    const { startMs, drainedBytes } = this.#window
    if (nowMs - startMs >= windowMs) {
      // Bytes per window, however late we come to look.
      this.#bytesPerWindow = ((this.drainedBytes - drainedBytes) * windowMs) / (nowMs - startMs)
      this.#window = { startMs: nowMs, drainedBytes: this.drainedBytes }
    }
    return this.#bytesPerWindow
  }

  /** For how long the client has been behind, in milliseconds. */
  get queuedMs(): number {
    return this.#behindSinceMs === undefined ? 0 : performance.now() - this.#behindSinceMs
  }

  /** Events that were not sent in all, over the client's life. */
  get droppedInAll(): number {
    return this.#droppedInAll + this.#droppedEvents
  }

  /** An answer, or what else must arrive, now. */
  push(bytes: Buffer): void {
    if (!this.#add(bytes)) return
    this.#flushAtEndOfTurn()
    // Answers come because the client asked: whoever asks for this much and reads nothing gets no more time.
    if (this.waitingBytes > 4 * this.#options.maxQueueBytes) this.#options.onStalled()
  }

  /** Events: they may be dropped when the client reads too slowly. `count` is asked only then. */
  pushEvents(bytes: Buffer, count: () => number): void {
    const { maxQueueBytes, maxQueueAgeMs, coalesceMs } = this.#options
    // Half of the queue is room enough to go on; to wait until it is empty would only widen the gap.
    if (this.#overflowing && this.waitingBytes + bytes.length <= maxQueueBytes / 2 && this.queuedMs < maxQueueAgeMs)
      this.#recover()
    if (!this.#overflowing && (this.waitingBytes + bytes.length > maxQueueBytes || this.queuedMs > maxQueueAgeMs))
      this.#overflow()
    if (this.#overflowing) {
      this.#droppedEvents += count()
    } else if (this.#add(bytes)) {
      if (this.#queuedBytes >= enoughBytes) this.#flushAtEndOfTick()
      else if (coalesceMs === 0) this.#flushAtEndOfTurn()
      else if (this.#waitsFor === 'nothing') this.#flushLater(coalesceMs)
    }
  }

  #add(bytes: Buffer): boolean {
    if (!this.#socket.writable) return false
    this.#parts.push(bytes)
    this.#queuedBytes += bytes.length
    this.#pushedBytes += bytes.length
    return true
  }

  #flushAtEndOfTick(): void {
    if (this.#waitsFor === 'end of tick') return
    this.#waitsFor = 'end of tick'
    if (full.length === 0) process.nextTick(flushFull)
    full.push(this)
  }

  #flushAtEndOfTurn(): void {
    if (this.#waitsFor === 'end of turn' || this.#waitsFor === 'end of tick') return
    this.#waitsFor = 'end of turn'
    if (answering.length === 0) setImmediate(flushAnswering)
    answering.push(this)
  }

  #flushLater(coalesceMs: number): void {
    this.#waitsFor = 'more events'
    if (collecting.length === 0) setTimeout(flushCollected, coalesceMs)
    collecting.push(this)
  }

  flush(): void {
    const parts = this.#parts
    this.#parts = []
    this.#queuedBytes = 0
    this.#waitsFor = 'nothing'
    if (parts.length === 0 || !this.#socket.writable) return
    // What the system took at once is not behind, however large it was.
    const bytes = join(parts)
    if (this.#options.onWrite) this.#options.onWrite(bytes)
    if (this.#socket.write(bytes) || this.#socket.writableLength === 0 || this.#behindSinceMs !== undefined) return
    this.#behindSinceMs = performance.now()
    this.#socket.once('drain', this.#onCaughtUp)
  }

  #overflow(): void {
    if (this.#options.overflow === 'disconnect') return this.#options.onStalled()
    this.#overflowing = true
    this.#drainedAtLastCheck = this.drainedBytes
    this.#socket.once('drain', this.#onDrain)
    // When one run alone is over the limit, nothing may be waiting that could drain.
    setImmediate(() => {
      if (this.#socket.writable && !this.#socket.writableNeedDrain) this.#recover()
    })
    this.#stallTimer = setTimeout(() => this.#checkStall(), this.#options.stallTimeoutMs)
  }

  #recover(): void {
    if (!this.#overflowing) return
    this.#socket.off('drain', this.#onDrain)
    clearTimeout(this.#stallTimer)
    this.#overflowing = false
    const dropped = this.#droppedEvents
    this.#droppedEvents = 0
    this.#droppedInAll += dropped
    this.#options.onDropped(dropped)
  }

  #checkStall(): void {
    if (this.drainedBytes === this.#drainedAtLastCheck) {
      this.#options.onStalled()
      return
    }
    this.#drainedAtLastCheck = this.drainedBytes
    this.#stallTimer = setTimeout(() => this.#checkStall(), this.#options.stallTimeoutMs)
  }
}
