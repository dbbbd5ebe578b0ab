import type net from 'node:net'

export interface OutboxOptions {
  maxQueueBytes: number
  /** The client read nothing for `stallTimeoutMs` while its queue was full. */
  onStalled: () => void
  stallTimeoutMs: number
  /** It has missed events, and reads again. */
  onDropped: (events: number) => void
}

/** A client reads fast when it took so much within so short a time: 10 MB/s, far more than any Asterisk sends. */
const fastBytes = 200 * 1024
/** Below this, 1 MB/s, it hardly reads: nobody waits for it. */
const slowestBytes = 20 * 1024
const windowMs = 20

/** What waits to be written in this tick, over all clients: one write each. */
const dirty: Outbox[] = []

function flushAll(): void {
  for (const outbox of dirty.splice(0)) outbox.flush()
}

/**
 * The way out to one client: one write a tick, and a queue with a bound. When the queue is full the client misses whole events and is told how
 * many (`Event: ProxyOverflow`); answers are never dropped, but a client that does not read is closed in the end. Nobody else waits for it.
 */
export class Outbox {
  readonly #socket: net.Socket
  readonly #options: OutboxOptions
  #parts: Buffer[] = []
  #queuedBytes = 0
  #pushedBytes = 0
  #droppedEvents = 0
  #overflowing = false
  #stallTimer: NodeJS.Timeout | undefined
  #drainedAtLastCheck = 0
  #window = { startMs: 0, drainedBytes: 0 }
  #bytesPerWindow = 0
  readonly #onDrain = () => this.#recover()

  constructor(socket: net.Socket, options: OutboxOptions) {
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

  /** An answer, or what else must arrive. */
  push(bytes: Buffer): void {
    if (!this.#socket.writable) return
    if (this.#parts.length === 0) {
      if (dirty.length === 0) process.nextTick(flushAll)
      dirty.push(this)
    }
    this.#parts.push(bytes)
    this.#queuedBytes += bytes.length
    this.#pushedBytes += bytes.length
    // Answers come because the client asked: whoever asks for this much and reads nothing gets no more time.
    if (this.waitingBytes > 4 * this.#options.maxQueueBytes) this.#options.onStalled()
  }

  /** Events: they may be dropped when the client reads too slowly. `count` is asked only then. */
  pushEvents(bytes: Buffer, count: () => number): void {
    const { maxQueueBytes } = this.#options
    // Half of the queue is room enough to go on; to wait until it is empty would only widen the gap.
    if (this.#overflowing && this.waitingBytes + bytes.length <= maxQueueBytes / 2) this.#recover()
    if (!this.#overflowing && this.waitingBytes + bytes.length > maxQueueBytes) this.#overflow()
    if (this.#overflowing) this.#droppedEvents += count()
    else this.push(bytes)
  }

  flush(): void {
    const parts = this.#parts
    this.#parts = []
    this.#queuedBytes = 0
    if (parts.length > 0 && this.#socket.writable) this.#socket.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts))
  }

  #overflow(): void {
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
    this.#options.onDropped(dropped)
    this.push(Buffer.from(`Event: ProxyOverflow\r\nPrivilege: system,all\r\nDropped: ${dropped}\r\n\r\n`))
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
