import { UsageError } from '../errors.js'
import { suggestion } from '../nearest.js'
import { type CallSummary, summariseCall } from '../voipmonitor/call-summary.js'
import { callColumns, registerColumns } from '../voipmonitor/columns.js'
import type { ListRow } from '../voipmonitor/list-row.js'
import type { Value } from '../voipmonitor/values.js'
import type { SensorRow } from '../voipmonitor-client/list-query.js'

/** A column that rows can be shown in. */
export interface ListColumn {
  readonly name: string
  readonly value: (row: SensorRow) => Value
  /** How a table shows a value that is not null; else as it is. */
  readonly text?: ((value: Value) => string) | undefined
}

/** The columns of a kind of list. */
export interface ColumnSet {
  /** Our own columns by name. */
  readonly named: ReadonlyMap<string, ListColumn>
  readonly usual: readonly string[]
  readonly wide: readonly string[]
  /** The sniffer's own. */
  readonly wire: readonly string[]
}

/** Summaries are made once a row, whatever the number of columns. */
const summaries = new WeakMap<ListRow, CallSummary>()
function summaryOf({ row }: SensorRow): CallSummary {
  let summary = summaries.get(row)
  if (!summary) {
    summary = summariseCall(row)
    summaries.set(row, summary)
  }
  return summary
}

const ofCall = (name: string, key: keyof CallSummary, text?: ListColumn['text']): ListColumn => ({
  name,
  value: (row) => summaryOf(row)[key],
  text
})
const ofWire = (name: string, column: string = name, text?: ListColumn['text']): ListColumn => ({
  name,
  value: ({ row }) => row.get(column),
  text
})

const decimals = (digits: number) => (value: Value) => (typeof value === 'number' ? value.toFixed(digits) : String(value))
const clock = (value: Value) => {
  const seconds = Math.max(0, Math.round(Number(value)))
  const two = (number: number) => String(number).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  return `${hours > 0 ? `${hours}:${two(Math.floor(seconds / 60) % 60)}` : Math.floor(seconds / 60)}:${two(seconds % 60)}`
}
/** This machine's time: the sniffer's own text is in a zone that nobody knows. */
const localTime = (value: Value) => {
  const date = new Date(String(value))
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** The sniffer's name, and behind it the number of the sensor that a server of sensors had it from. */
const sensorColumn: ListColumn = {
  name: 'sensor',
  value: ({ sensor, row }) => {
    const id = row.number('id_sensor')
    return id === null || id < 0 ? sensor.name : `${sensor.name}/${id}`
  }
}

export const callColumnSet: ColumnSet = columnSet({
  columns: [
    {
      name: 'start',
      value: (row) => isoTime(summaryOf(row).startedAtS),
      text: localTime
    },
    ofCall('duration', 'durationS', clock),
    ...[ofCall('caller', 'caller'), ofCall('called', 'called'), ofCall('callerip', 'callerIp'), ofCall('calledip', 'calledIp')],
    ofCall('code', 'sipResponse'),
    ofCall('codec', 'codec'),
    ofCall('mos', 'mos', decimals(1)),
    ofCall('loss', 'lossPercent', (value) => `${decimals(1)(value)}%`),
    ofCall('jitter', 'jitterMs', decimals(1)),
    sensorColumn,
    ofCall('callid', 'callId')
  ],
  usual: ['start', 'duration', 'caller', 'called', 'callerip', 'calledip', 'code', 'codec', 'mos', 'loss', 'jitter', 'sensor'],
  more: ['callername', 'callerdomain', 'calleddomain', 'calleragent', 'calledagent', 'callreference', 'callid'],
  wire: callColumns
})

export const registerColumnSet: ColumnSet = columnSet({
  columns: [
    ofWire('number', 'from_num'),
    ofWire('contact', 'contact_num'),
    ofWire('address', 'sipcallerip'),
    ofWire('port', 'sipcallerport'),
    ofWire('registrar', 'sipcalledip'),
    ofWire('user', 'digestusername'),
    ofWire('expires'),
    ofWire('until', 'expires_at'),
    ofWire('rtt', 'rrd_avg', decimals(1)),
    ofWire('agent', 'ua'),
    sensorColumn
  ],
  usual: ['number', 'contact', 'address', 'port', 'registrar', 'state', 'expires', 'until', 'rtt', 'agent', 'sensor'],
  more: [
    'from_name',
    'from_domain',
    'to_num',
    'to_domain',
    'contact_domain',
    'user',
    'digestrealm',
    'is_sipalg_detected',
    'vlan'
  ],
  wire: registerColumns
})

function columnSet(set: {
  columns: readonly ListColumn[]
  usual: readonly string[]
  more: readonly string[]
  wire: readonly string[]
}): ColumnSet {
  return {
    named: new Map(set.columns.map((column) => [column.name, column])),
    usual: set.usual,
    wide: [...set.usual, ...set.more],
    wire: set.wire
  }
}

const isoTime = (seconds: number | null) => (seconds === null ? null : new Date(seconds * 1000).toISOString())

/**
 * Finds columns by our names or the sniffer's.
 * @throws UsageError with the nearest names
 */
export function findColumns({ named, wire }: ColumnSet, names: readonly string[]): ListColumn[] {
  return names.map((name) => {
    const column = named.get(name) ?? (wire.includes(name) ? ofWire(name) : undefined)
    if (column) return column
    const known = [...new Set([...named.keys(), ...wire])]
    throw new UsageError(`There is no column "${name}"`, {
      hint: suggestion(name, known) ?? `There are ${[...named.keys()].join(', ')}, and the sniffer's own.`
    })
  })
}

/** Everything that the sniffer sent, under its own names, and the sensor's name before it. */
export function allColumns(wire: readonly string[]): ListColumn[] {
  return [{ name: 'sensor', value: ({ sensor }) => sensor.name }, ...[...new Set(wire)].map((name) => ofWire(name))]
}
