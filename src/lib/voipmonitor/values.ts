import { registerStates } from './columns.js'

/** What a column holds, as JSON has it or as it is decoded. */
export type Value = string | number | boolean | null

/** How values of a column are read. `row` gives the raw value of another column. */
export type ReadValue = (value: Value, row: (column: string) => Value) => Value

/** IPv4 addresses come as a number in host order, IPv6 as text, none as null. */
export function readAddress(value: Value): Value {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0xff_ff_ff_ff) return value
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.')
}

/** The sniffer's codec numbers (codecs.h): RTP's static payload types, and its own from 97 on. */
const codecNames: readonly (readonly [name: string, numbers: readonly number[]])[] = [
  ['PCMU', [0]],
  ['GSM', [3]],
  ['G723', [4]],
  ['PCMA', [8]],
  ['G722', [9]],
  ['G729', [18]],
  ['iLBC', [97]],
  ['Speex', [98]],
  ['CLEARMODE', [100]],
  ['SILK', [301, 302, 303, 304, 305]],
  ['iSAC', [306, 307, 308]],
  ['Opus', [311, 312, 313, 314, 315, 316]],
  ['AMR', [320]],
  ['AMR-WB', [321]],
  ['G7221', [331, 332, 333, 334, 335, 336]],
  ['X-Opus', [337, 338, 339, 340, 341, 342]],
  ['VX-Opus', [343, 344, 345, 346, 347, 348]],
  ['MP4A-LATM', [349, 350]],
  ['G726', [351, 352, 353, 354]],
  ['AAL2-G726', [355, 356, 357, 358]],
  ['EVS', [359]],
  ['telephone-event', [400]]
]
const nameOfCodec = new Map(codecNames.flatMap(([name, numbers]) => numbers.map((number) => [number, name] as const)))

/** The names of codecs that `codecNumbers` knows. */
export const knownCodecs: readonly string[] = codecNames.map(([name]) => name)

/** A codec's name; one without a name keeps its number; null when the sniffer does not know it yet (-1). */
export function readCodec(value: Value): Value {
  if (typeof value !== 'number' || value < 0) return null
  return nameOfCodec.get(value) ?? String(value)
}

/** The numbers that the sniffer has for a codec's name (in any case) or number; undefined for an unknown name. */
export function codecNumbers(codec: string): readonly number[] | undefined {
  if (/^\d{1,5}$/.test(codec)) return [Number(codec)]
  const wanted = codec.toLowerCase().replace(/^g\.7/, 'g7')
  return codecNames.find(([name]) => name.toLowerCase() === wanted)?.[1]
}

/**
 * A mean opinion score: the sniffer sends ten times as much, and 45 also for a stream that has no packet. Null without RTP, and for an average whose
 * first interval is not over (0).
 */
export function readMos(side: 'src' | 'dst'): ReadValue {
  return (value, row) => {
    if (typeof value !== 'number' || value === 0) return null
    return row(`${side}_received`) === null || row(`rtp_${side}`) === null ? null : value / 10
  }
}

/** The value, or null when it is the one that stands for "none". */
export function noneIs(none: number, read: ReadValue = (value) => value): ReadValue {
  return (value, row) => (value === none ? null : read(value, row))
}

/** A registration's state by its name; an unknown one keeps its number. */
export function readState(value: Value): Value {
  return typeof value === 'number' ? (registerStates[value - 1] ?? String(value)) : value
}
