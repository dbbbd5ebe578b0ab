import { PbxkitError } from '../errors.js'
import type { Sensor } from '../sensors/sensor.js'
import type { Command } from '../voipmonitor/command.js'
import { ListDecoder } from '../voipmonitor/list-decoder.js'
import type { ListRow } from '../voipmonitor/list-row.js'
import type { Value } from '../voipmonitor/values.js'
import { exchangeWithSensor, type SensorExchangeOptions } from './sensor-exchange.js'

/** A row, and the sensor that it came from. */
export interface SensorRow {
  readonly sensor: Sensor
  readonly row: ListRow
}

/** What has become of a sensor's list so far. */
export interface SensorOutcome {
  readonly sensor: Sensor
  /** All that match, as the sniffer counted them; of conditions that it does not know, as we did. Undefined until that is known. */
  total?: number | undefined
  /** Rows that were given out. */
  rows: number
  error?: PbxkitError | undefined
}

export interface ListQueryOptions {
  sensors: readonly Sensor[]
  command: Command
  /** The order in which the sniffers send: with several of them their lists are merged by it. */
  order?: { column: string; direction: 'asc' | 'desc' } | undefined
  /** Conditions that the sniffer does not know. */
  where?: ((row: ListRow) => boolean) | undefined
  /** So many rows of all sensors together. */
  limit?: number | undefined
  exchange?: SensorExchangeOptions | undefined
}

/**
 * One list of one or more sensors, asked at the same time. Rows come while they are received; no more of them are kept than a read holds. A sensor that
 * fails is an outcome with an error, and the others go on.
 */
export class ListQuery {
  readonly outcomes: readonly SensorOutcome[]
  readonly #options: ListQueryOptions

  constructor(options: ListQueryOptions) {
    this.#options = options
    this.outcomes = options.sensors.map((sensor) => ({ sensor, rows: 0 }))
  }

  get failures(): readonly (SensorOutcome & { error: PbxkitError })[] {
    return this.outcomes.filter((one): one is SensorOutcome & { error: PbxkitError } => one.error !== undefined)
  }

  /** @throws what is no failure of a sensor: the signal's reason */
  async *rows(): AsyncGenerator<SensorRow[], void> {
    const { limit = Number.POSITIVE_INFINITY, order } = this.#options
    const lists = this.outcomes.map((outcome) => this.#list(outcome))
    let left = limit
    for await (const batch of lists.length === 1 ? lists[0]! : merge(lists, comparison(order))) {
      const shown = batch.length > left ? batch.slice(0, left) : batch
      left -= shown.length
      for (const { sensor } of shown) this.outcomes.find((one) => one.sensor === sensor)!.rows++
      if (shown.length > 0) yield shown
      if (left <= 0) return
    }
  }

  async *#list(outcome: SensorOutcome): AsyncGenerator<SensorRow[], void> {
    const { command, where, exchange = {} } = this.#options
    const { sensor } = outcome
    const decoder = new ListDecoder()
    let matching = 0
    try {
      for await (const bytes of exchangeWithSensor(sensor, command, exchange)) {
        const rows = decoder.push(bytes)
        if (!where) outcome.total = decoder.totals?.total
        const wanted = where ? rows.filter(where) : rows
        matching += wanted.length
        if (wanted.length > 0) yield wanted.map((row) => ({ sensor, row }))
      }
      decoder.end()
      outcome.total ??= matching
    } catch (error) {
      if (exchange.signal?.aborted || !(error instanceof PbxkitError)) throw error
      outcome.error = error
    }
  }
}

type Compare = (a: ListRow, b: ListRow) => number

function comparison(order: ListQueryOptions['order'] = { column: 'calldate_num', direction: 'desc' }): Compare {
  const sign = order.direction === 'asc' ? 1 : -1
  return (a, b) => sign * compareValues(a.raw(order.column), b.raw(order.column))
}

/** Nothing comes before numbers, and these before text. */
function compareValues(a: Value, b: Value): number {
  if (a === b) return 0
  const rank = (value: Value) => (value === null ? 0 : typeof value === 'string' ? 2 : 1)
  return rank(a) - rank(b) || (a! < b! ? -1 : 1)
}

/** Merges lists that are in order each. All are read at the same time, each one read ahead. */
async function* merge(lists: readonly AsyncGenerator<SensorRow[], void>[], compare: Compare): AsyncGenerator<SensorRow[], void> {
  interface Head {
    list: AsyncGenerator<SensorRow[], void>
    batch: SensorRow[]
    at: number
  }
  try {
    const read = async (list: AsyncGenerator<SensorRow[], void>): Promise<Head | undefined> => {
      const { value, done } = await list.next()
      return done ? undefined : { list, batch: value, at: 0 }
    }
    const heads = (await Promise.all(lists.map(read))).filter((head) => head !== undefined)
    while (heads.length > 0) {
      const merged: SensorRow[] = []
      let first = heads[0]!
      do {
        first = heads.reduce((best, head) => (compare(head.batch[head.at]!.row, best.batch[best.at]!.row) < 0 ? head : best))
        merged.push(first.batch[first.at++]!)
      } while (first.at < first.batch.length)
      yield merged
      const next = await read(first.list)
      heads.splice(heads.indexOf(first), 1, ...(next ? [next] : []))
    }
  } finally {
    await Promise.all(lists.map((list) => list.return()))
  }
}
