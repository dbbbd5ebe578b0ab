import { ProtocolError } from '../errors.js'
import { JsonElements } from './json-elements.js'
import { Columns, ListRow } from './list-row.js'
import type { Value } from './values.js'

/** What a list says of itself. A bare `listcalls`, and a list of no registrations, say nothing. */
export interface ListTotals {
  /** All that matched, whatever the limit. */
  readonly total: number
  /** -1: the local sniffer. */
  readonly idSensor?: number | undefined
  readonly isReceiver?: boolean | undefined
  readonly isServer?: boolean | undefined
  /** With `sensor_map` and `ip_map`: calls by `sensors`, `ip_src`, `ip_dst`, `rtp_ip_src`, `rtp_ip_dst`, `caller_numbers`, `called_numbers`. */
  readonly maps: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** A sniffer has 68 columns and one for each custom header that was set up. */
const maxColumns = 4096

/**
 * Reads `[[columns],[{totals}],[row],...]` while it comes: push bytes in, take rows out; only the row that is coming is kept. With `limit` 0 the sniffer
 * sends the totals alone, as an object.
 */
export class ListDecoder {
  readonly #elements = new JsonElements()
  #columns: Columns | undefined
  #totals: ListTotals | undefined
  #rows = 0

  /** Known from the first row on; undefined when the sniffer sends totals only. */
  get columns(): Columns | undefined {
    return this.#columns
  }

  get totals(): ListTotals | undefined {
    return this.#totals
  }

  /** @throws ProtocolError for what is no such list */
  push(bytes: Buffer): ListRow[] {
    const rows: ListRow[] = []
    for (const element of this.#elements.push(bytes)) {
      const row = this.#take(element)
      if (row) rows.push(row)
    }
    return rows
  }

  /** @throws CutReplyError when the list has not ended, ProtocolError when there was none */
  end(): void {
    this.#elements.end()
    if (!this.#columns && !this.#totals) throw notAList()
  }

  #take(element: unknown): ListRow | undefined {
    if (!Array.isArray(element)) {
      if (this.#columns) throw notAList()
      this.#totals = readTotals(element)
      return undefined
    }
    if (!this.#columns) {
      const isNames = element.length > 0 && element.length <= maxColumns && element.every((name) => typeof name === 'string')
      if (!isNames) throw notAList()
      this.#columns = new Columns(element)
      return undefined
    }
    if (this.#rows === 0 && !this.#totals && element.length === 1 && typeof element[0] === 'object' && element[0] !== null) {
      this.#totals = readTotals(element[0])
      return undefined
    }
    this.#rows++
    if (element.some((value) => typeof value === 'object' && value !== null)) throw notAList()
    return new ListRow(this.#columns, element as Value[])
  }
}

function readTotals(value: unknown): ListTotals {
  if (typeof value !== 'object' || value === null) throw notAList()
  const { total, id_sensor: idSensor, is_receiver: isReceiver, is_server: isServer, ...rest } = value as Record<string, unknown>
  if (!Number.isSafeInteger(total) || (total as number) < 0) throw notAList()
  return {
    total: total as number,
    ...(typeof idSensor === 'number' && { idSensor }),
    ...(isReceiver !== undefined && { isReceiver: Boolean(isReceiver) }),
    ...(isServer !== undefined && { isServer: Boolean(isServer) }),
    maps: Object.fromEntries(Object.entries(rest).filter(([, map]) => isCounts(map))) as ListTotals['maps']
  }
}

function isCounts(map: unknown): boolean {
  return typeof map === 'object' && map !== null && Object.values(map).every((count) => typeof count === 'number')
}

function notAList(): ProtocolError {
  return new ProtocolError("The sniffer's answer is not the list that was asked for", {
    hint: 'See the answer itself with: pbxkit manager send'
  })
}
