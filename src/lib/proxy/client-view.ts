import type { Block } from '../ami/block.js'
import { EventMask } from '../ami/event-mask.js'
import type { Account } from './accounts/account.js'
import { filterSourceOf, SessionEventFilter } from './filter/session-event-filter.js'
import type { OutputFormat } from './formats/format.js'
import type { AutoFilter } from './options.js'
import type { FilterColumns } from './user-options.js'
import type { FilterSource, View } from './view.js'

/** What a client asks for with its login, or with Events. */
export interface Wishes {
  mask: EventMask
  /** Events with their numbers. */
  isSequenced: boolean
  /** The number of the last event that it has seen, when it comes back. */
  since?: number | undefined
}

export interface ClientViewOptions {
  output: OutputFormat
  autoFilter: AutoFilter
  /** As it is now. */
  account: () => Account | undefined
  /** Makes the filter of an account's columns, for this client. */
  filterSource: (columns: FilterColumns) => FilterSource
  /** It sees something else from now on; undefined: nothing. */
  onChanged: (view: View | undefined, since?: number) => void
}

/** What a client of `autofilter=on` sees of the events: those of its own actions pass by themselves. */
const ownEventsOnly = { key: 'own events only', create: () => ({ apply: () => undefined }) }

/** What one client sees of the events, and in which form: as it wishes, as far as its account lets it. */
export class ClientView {
  readonly #options: ClientViewOptions
  #output: OutputFormat
  #autoFilter: AutoFilter
  #mask: EventMask | undefined
  #isSequenced = false
  readonly #eventFilter = new SessionEventFilter()

  constructor(options: ClientViewOptions) {
    this.#options = options
    this.#output = options.output
    this.#autoFilter = options.autoFilter
  }

  get output(): OutputFormat {
    return this.#output
  }

  get autoFilter(): AutoFilter {
    return this.#autoFilter
  }

  /** Does it see anything? */
  get isOpen(): boolean {
    return this.#mask !== undefined
  }

  /** Does it see less than everything? */
  get isFiltered(): boolean {
    const { read, filter } = this.#options.account() ?? {}
    return this.#autoFilter === 'on' || filter !== undefined || read !== undefined || this.#mask?.wantsAll !== true
  }

  /** Answers and events in another format from now on. */
  speak(output: OutputFormat): void {
    this.#output = output
    this.changed()
  }

  filterBy(autoFilter: AutoFilter): void {
    this.#autoFilter = autoFilter
    this.changed()
  }

  /** Adds the event filter of an `Action: Filter`. @returns the message of an error answer */
  addEventFilter(action: Block): string | undefined {
    const error = this.#eventFilter.add(action)
    if (error === undefined) this.changed()
    return error
  }

  /** Shows what is wished for. */
  open({ mask, isSequenced, since }: Wishes): void {
    this.#mask = mask
    this.#isSequenced ||= isSequenced
    this.changed(since)
  }

  /** Shows nothing. */
  close(): void {
    this.#mask = undefined
    this.changed()
  }

  /** The account may be another: what it may see counts as it is now. */
  changed(since?: number): void {
    const { read, filter, eventFilter } = this.#options.account() ?? {}
    // Two filters, not one as in Asterisk: what a client adds takes away of what its account may see, and never adds to it.
    const eventFilters = [eventFilter, this.#eventFilter.filter].flatMap((rules) => (rules ? [filterSourceOf(rules)] : []))
    const filters = [
      ...(this.#autoFilter === 'on' ? [ownEventsOnly] : []),
      ...(filter ? [this.#options.filterSource(filter)] : []),
      ...eventFilters
    ]
    const mask = read === undefined ? this.#mask : this.#mask?.intersect(new EventMask(read))
    const view = mask && { mask, filters, format: this.#output, isSequenced: this.#isSequenced }
    this.#options.onChanged(view, since)
  }
}
