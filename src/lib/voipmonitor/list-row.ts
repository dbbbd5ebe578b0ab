import { noneIs, type ReadValue, readAddress, readCodec, readMos, readState, type Value } from './values.js'

/** VLAN 65534 and 0 of an encapsulation, 255 of its protocol mean that there is none. */
const readers: Readonly<Record<string, ReadValue>> = {
  ...Object.fromEntries(
    ['callerip', 'calledip', 'rtp_src', 'rtp_dst', 'sipcallerip', 'sipcalledip'].map((name) => [name, readAddress as ReadValue])
  ),
  ...Object.fromEntries(
    ['callerip_encaps', 'calledip_encaps', 'sipcallerip_encaps', 'sipcalledip_encaps'].flatMap((name) => [
      [name, noneIs(0, readAddress)],
      [`${name}_prot`, noneIs(255)]
    ])
  ),
  callercodec: readCodec,
  calledcodec: readCodec,
  vlan: noneIs(65_534),
  state: readState
}

function readerOf(column: string): ReadValue | undefined {
  if (Object.hasOwn(readers, column)) return readers[column]
  const side = /^(src|dst)_mos(?:f1|f2|AD)(?:_avg|_min)?$/.exec(column)?.[1]
  return side === undefined ? undefined : readMos(side as 'src' | 'dst')
}

/** The columns of a list, as its first row names them: shared by all of its rows. */
export class Columns {
  readonly names: readonly string[]
  readonly #index = new Map<string, number>()
  readonly #readers: readonly (ReadValue | undefined)[]

  constructor(names: readonly string[]) {
    this.names = names
    names.forEach((name, at) => {
      if (!this.#index.has(name)) this.#index.set(name, at)
    })
    this.#readers = names.map(readerOf)
  }

  at(column: string): number {
    return this.#index.get(column) ?? -1
  }

  readerAt(at: number): ReadValue | undefined {
    return this.#readers[at]
  }
}

/** A call or a registration. Its values are found by the names of the columns, and read only when they are asked for. */
export class ListRow {
  readonly columns: Columns
  readonly #values: readonly Value[]

  /** @param values may be more than there are columns: of calls, five further ones come always */
  constructor(columns: Columns, values: readonly Value[]) {
    this.columns = columns
    this.#values = values
  }

  /** As the sniffer sent it; null for a column that it does not have. */
  raw = (column: string): Value => this.#values[this.columns.at(column)] ?? null

  /** Decoded: dotted addresses, names of codecs and states, MOS from 1 to 4.5, and null for what is not there. */
  get(column: string): Value {
    return this.#read(this.columns.at(column))
  }

  /** A number, or null. */
  number(column: string): number | null {
    const value = this.get(column)
    return typeof value === 'number' ? value : null
  }

  /** All columns, decoded, under their names. */
  toObject(): Record<string, Value> {
    return Object.fromEntries(this.columns.names.map((name, at) => [name, this.#read(at)]))
  }

  #read(at: number): Value {
    const value = this.#values[at] ?? null
    const read = this.columns.readerAt(at)
    return read ? read(value, this.raw) : value
  }
}
