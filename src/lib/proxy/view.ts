import type { EventMask } from '../ami/event-mask.js'
import type { EventFilter } from './filter/event-filter.js'
import type { OutputFormat } from './formats/format.js'

/** Makes the filter of a class of clients. */
export interface FilterSource {
  /** Sources with equal keys make filters that pass the same. */
  readonly key: string
  create(): EventFilter
}

/** What a client sees of the events, and how. Clients with equal views share the work. */
export interface View {
  readonly mask: EventMask
  readonly filters: readonly FilterSource[]
  readonly format: OutputFormat
  /** Does every event get its `ProxySequence: n`? */
  readonly isSequenced: boolean
}

/** Views with equal keys show the same. */
export function viewKey({ mask, filters, format, isSequenced }: View): string {
  const form = `${mask.key} ${format.name} ${isSequenced}`
  return filters.length === 0 ? form : JSON.stringify([form, ...filters.map(({ key }) => key)])
}
