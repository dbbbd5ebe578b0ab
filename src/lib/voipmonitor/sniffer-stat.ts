import { ProtocolError } from '../errors.js'
import { cutReply } from './errors.js'

/** What a sniffer says of itself. */
export interface SnifferStat {
  readonly version: string
  readonly build: string
  readonly uptimeS: number | null
  /** Calls in memory, and those whose end waits to be written. */
  readonly calls: { readonly active: number; readonly final: number } | null
  /** Packets that the buffer could not take, since the start. */
  readonly packetDrops: number | null
  readonly memoryIsFull: boolean
  readonly residentMb: number | null
  readonly virtualMb: number | null
  readonly loadAverage: readonly number[]
  /** The items of the sniffer's status line, as text: `heap`, `t0CPU`, `SQLf` ... */
  readonly items: Readonly<Record<string, string>>
  readonly diskIo: Readonly<Record<string, unknown>>
  readonly terminatingError: string
  /** Everything, as it came. */
  readonly raw: Readonly<Record<string, unknown>>
}

/** Recorded lines have 700 characters. The bound keeps the search below from taking long for a line without brackets. */
const maxLineChars = 16_384
const item = /([^\s[\]]+)?\[([^\]]*)\]/g

/**
 * Reads the answer to `sniffer_stat`, its JSON form.
 * @throws CutReplyError for a part of it, ProtocolError for something else
 */
export function readSnifferStat(text: string): SnifferStat {
  const raw = parseObject(text)
  const items = readItems(stringOf(raw.pbStatString))
  const [active, final] = (items.calls ?? '').split(' | ').map((part) => Number.parseInt(part, 10))
  const [resident, virtual] = (items['RSS/VSZ'] ?? '').split('|').map(Number)
  return {
    version: stringOf(raw.version),
    build: stringOf(raw.build),
    uptimeS: numberOf(raw.uptime),
    calls: Number.isInteger(active) ? { active: active!, final: Number.isInteger(final) ? final! : active! } : null,
    packetDrops: numberOf(raw.pbCountPacketDrop),
    memoryIsFull: stringOf(raw.memory_is_full) === '1',
    residentMb: numberOf(resident),
    virtualMb: numberOf(virtual),
    loadAverage: (items.LA ?? '')
      .split('|')[0]!
      .split(' ')
      .map(Number)
      .filter((load) => Number.isFinite(load) && items.LA),
    items,
    diskIo: typeof raw.disk_io === 'object' && raw.disk_io !== null ? (raw.disk_io as Record<string, unknown>) : {},
    terminatingError: stringOf(raw.terminating_error),
    raw
  }
}

/** `calls[2,r:0][2,r:0] heap[u0|t0] [0.1/0.1Mb/s] *LA[...]`: a bracket without a name belongs to the name before it, unless a blank stands between. */
function readItems(line: string): Record<string, string> {
  const items: [string, string][] = []
  for (const match of line.slice(0, maxLineChars).matchAll(item)) {
    const [, name, value = ''] = match
    const last = items.at(-1)
    if (name !== undefined) items.push([name.replace(/^\*/, ''), value])
    else if (last && line[match.index - 1] === ']') last[1] += ` | ${value}`
    else items.push(['traffic', value])
  }
  return Object.fromEntries(items)
}

/**
 * Reads `sniffer_stat plain`: `name=value` lines, of which only the first `=` counts.
 * @throws ProtocolError
 */
export function readPlainSnifferStat(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').filter((line) => line !== '')
  const stat = new Map(lines.map((line) => [line.split('=', 1)[0]!, line.slice(line.indexOf('=') + 1)]))
  if (lines.some((line) => !line.includes('=')) || !stat.has('version')) throw strange('sniffer_stat plain')
  return stat
}

/**
 * Reads the answer to `totalcalls` (calls in memory now, not a running total) or `totalregisters`.
 * @throws ProtocolError
 */
export function readTotal(text: string): number {
  if (!/^\d{1,15}\s*$/.test(text)) throw text === '' ? cutReply() : strange('a total')
  return Number.parseInt(text, 10)
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw text === '' || text.startsWith('{') ? cutReply(cause) : strange('sniffer_stat', cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw strange('sniffer_stat')
  return value as Record<string, unknown>
}

function strange(what: string, cause?: unknown): ProtocolError {
  return new ProtocolError(`The sniffer's answer is not ${what}`, {
    cause,
    hint: 'See the answer itself with: pbxkit manager send'
  })
}

const stringOf = (value: unknown) => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '')

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value.replace(/MB$/, '')) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}
