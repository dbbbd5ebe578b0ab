import { Call } from './call.js'
import type { Clock } from './clock.js'
import { Pbx } from './pbx.js'
import type { SimulatedEvent } from './wire.js'

/** Where the numbers of a call stand in the template: their width never changes, so a call is a copy with new digits. */
interface Slot {
  at: number
  /** Which of the call's numbers. */
  offset: number
}

interface TemplateEvent {
  classes: readonly string[]
  end: number
}

/** The stream's channels are numbered from here, as on a PBX that has been up for months: seven digits for nine million channels. */
const firstChannel = 1_000_000
const lastChannel = 9_999_999
/** A bridged call has two Local channels, and so four halves. */
const channelsPerCall = 4
const pairsPerCall = 2
const timestampDigits = 16

/**
 * The events of one bridged call, rendered once by the simulated PBX itself. Each further call is these bytes with its own uniqueids and
 * channel names written over them: as cheap as copying.
 */
export class CallTemplate {
  readonly #bytes: Buffer
  readonly #events: TemplateEvent[] = []
  readonly #uniqueids: Slot[]
  readonly #names: Slot[]
  readonly #timestamps: number[] = []

  /** @param everyNth each Nth event of a call carries BenchTs; 0 for none */
  constructor(startedAt: number, everyNth: number) {
    const parts: Buffer[] = []
    let length = 0
    for (const [index, event] of playCall(startedAt).entries()) {
      const stamped = everyNth > 0 && index % everyNth === 0
      const bytes = stamped ? withTimestamp(event.bytes) : event.bytes
      parts.push(bytes)
      length += bytes.length
      // The digits stand before the line end and the empty line.
      if (stamped) this.#timestamps.push(length - 4 - timestampDigits)
      this.#events.push({ classes: event.classes, end: length })
    }
    this.#bytes = Buffer.concat(parts)
    const text = this.#bytes.toString('latin1')
    this.#uniqueids = [...text.matchAll(/\d{10}\.(\d{7})/g)].map(({ index, 1: digits }) => ({
      at: index + 11,
      offset: Number(digits) - firstChannel
    }))
    this.#names = [...text.matchAll(/-([0-9a-f]{8});[12]/g)].map(({ index, 1: digits }) => ({
      at: index + 1,
      offset: Number.parseInt(digits!, 16)
    }))
  }

  get eventCount(): number {
    return this.#events.length
  }

  /** The bytes of the call of that number, all events in one buffer; its timestamps are now. */
  render(call: number): Buffer {
    const bytes = Buffer.from(this.#bytes)
    const channel = firstChannel + ((call * channelsPerCall) % (lastChannel - firstChannel))
    for (const { at, offset } of this.#uniqueids) bytes.write(String(channel + offset), at, 'latin1')
    const pair = (call * pairsPerCall) % 2 ** 31
    for (const { at, offset } of this.#names) bytes.write((pair + offset).toString(16).padStart(8, '0'), at, 'latin1')
    this.stamp(bytes)
    return bytes
  }

  /** Writes the time into the BenchTs headers of a rendered call: microseconds of CLOCK_MONOTONIC. */
  stamp(bytes: Buffer): void {
    if (this.#timestamps.length === 0) return
    const now = String(process.hrtime.bigint() / 1000n).padStart(timestampDigits, '0')
    for (const at of this.#timestamps) bytes.write(now, at, 'latin1')
  }

  /** A rendered call event by event. */
  *events(bytes: Buffer): Generator<SimulatedEvent> {
    let start = 0
    for (const { classes, end } of this.#events) {
      yield { classes, bytes: bytes.subarray(start, end) }
      start = end
    }
  }
}

function withTimestamp(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, -2), Buffer.from(`BenchTs: ${'0'.repeat(timestampDigits)}\r\n\r\n`)])
}

/** Everything that one call emits, from Newchannel to the last Hangup, without waiting for it. */
function playCall(startedAt: number): SimulatedEvent[] {
  const tasks: { at: number; task: () => void }[] = []
  let now = startedAt
  const clock: Clock = {
    now: () => now,
    after(delayMs, task) {
      const entry = { at: now + delayMs, task }
      tasks.push(entry)
      return () => tasks.splice(tasks.indexOf(entry) >>> 0, 1)
    }
  }
  const pbx = new Pbx({ clock, callSeconds: 2, firstChannel })
  const events: SimulatedEvent[] = []
  pbx.onEvent((event) => events.push(event))
  const destination = { context: 'demo', exten: 's', priority: 1 }
  new Call(pbx, {
    exten: 'bridge',
    context: 'demo',
    destination,
    variables: [],
    account: '',
    callerNum: '100',
    callerName: 'Demo'
  })
  while (tasks.length > 0) {
    tasks.sort((a, b) => a.at - b.at)
    const { at, task } = tasks.shift()!
    now = at
    task()
  }
  return events
}
