import type { CrowdClient } from './crowd.js'
import { nowUs, stampDigits, stampMark } from './sides/event-batch.js'

const mark = Buffer.from(stampMark)
const emptyLine = Buffer.from('\r\n\r\n')

/** Counts the events of one client exactly, wherever the reads cut them. */
export class EventCounter {
  count = 0
  #tail = Buffer.alloc(0)

  take(chunk: Buffer): void {
    // Three bytes of each side: an empty line found in them lies across the cut, and in no side alone.
    if (Buffer.concat([this.#tail, chunk.subarray(0, 3)]).includes(emptyLine)) this.count++
    for (let at = chunk.indexOf(emptyLine); at >= 0; at = chunk.indexOf(emptyLine, at + emptyLine.length)) this.count++
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-3)]).subarray(-3)
  }
}

/** Collects how old the events are that clients receive, in milliseconds. A stamp that a read cuts is left out. */
export class LatencyProbe {
  readonly latenciesMs: number[] = []

  take(chunk: Buffer): void {
    const now = nowUs()
    for (let at = chunk.indexOf(mark); at >= 0; at = chunk.indexOf(mark, at + mark.length)) {
      const start = at + mark.length
      if (start + stampDigits > chunk.length) return
      this.latenciesMs.push((now - Number(chunk.toString('latin1', start, start + stampDigits))) / 1000)
    }
  }
}

/** The first client counts exactly, and some, spread over all, measure latency: the rest stays cheap. */
export function attachProbes(clients: readonly CrowdClient[], latencyClients: number) {
  const counter = new EventCounter()
  const latency = new LatencyProbe()
  const step = Math.max(1, Math.floor(clients.length / latencyClients))
  for (const [index, client] of clients.entries()) {
    const measures = index % step === 0
    if (index === 0 || measures) {
      client.onRead = (chunk) => {
        if (index === 0) counter.take(chunk)
        if (measures) latency.take(chunk)
      }
    }
  }
  return { counter, latency }
}
