import samples from './samples.json'

/** The events of one answered call in their order, as Asterisk 22 sends them. */
const sequence: readonly (keyof typeof samples)[] = [
  'Newchannel',
  'VarSet',
  'VarSet',
  'Newexten',
  'Newexten',
  'VarSet',
  'Newstate',
  'DialBegin',
  'VarSet',
  'Newexten',
  'BridgeEnter',
  'DeviceStateChange',
  'BridgeLeave',
  'DialEnd',
  'HangupRequest',
  'Hangup'
]

/** Events in one batch. */
export const batchEvents = 64

/** What stands before the 16 digits of an event's time stamp. */
export const stampMark = 'BenchTs: '
export const stampDigits = 16

/** Microseconds of CLOCK_MONOTONIC, which all processes of a machine share. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

/** Recorded events, rendered once: only the time stamps are written anew for each batch. */
export class EventBatch {
  readonly #template: Buffer
  readonly #stampsAt: number[] = []
  readonly #ends: number[] = []

  /** @param stampEvery each Nth event carries a time stamp */
  constructor(stampEvery: number) {
    let text = ''
    for (let index = 0; index < batchEvents; index++) {
      const recorded = samples[sequence[index % sequence.length]!]
      text += `${recorded[index % recorded.length]}\r\n`
      if (index % stampEvery === 0) {
        this.#stampsAt.push(text.length + stampMark.length)
        text += `${stampMark}${'0'.repeat(stampDigits)}\r\n`
      }
      text += '\r\n'
      this.#ends.push(text.length)
    }
    this.#template = Buffer.from(text, 'latin1')
  }

  /** @param count 1 to `batchEvents` @returns so many events, stamped with the present time */
  render(count: number): Buffer {
    const bytes = Buffer.from(this.#template.subarray(0, this.#ends[count - 1]))
    const stamp = String(nowUs()).padStart(stampDigits, '0')
    for (const at of this.#stampsAt) {
      if (at > bytes.length) break
      bytes.write(stamp, at, 'latin1')
    }
    return bytes
  }
}
