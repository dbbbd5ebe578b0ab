import { byId, element, setText, sometimes } from './dom.js'
import { compileFilter, type EventFilter } from './model/event-filter.js'
import { EventRing, type KeptEvent } from './model/event-ring.js'
import { first, headersOf, type Message, shown } from './model/message.js'

/** As many as are drawn: older ones are found with the filter. */
const maxShown = 200

/** The stream of events, the newest on top. */
export class EventsView {
  readonly #ring = new EventRing()
  #filter: EventFilter = () => true
  #isPaused = false
  /** Of the newest that is drawn. */
  #drawn = 0
  readonly #list = byId('events')
  readonly #draw = sometimes(() => this.#drawNew(), 100)

  constructor() {
    const input = byId<HTMLInputElement>('events-filter')
    input.addEventListener('input', () => {
      this.#filter = compileFilter(input.value)
      this.#drawAll()
    })
    byId('events-form').addEventListener('submit', (event) => event.preventDefault())
    byId('events-clear').addEventListener('click', () => this.clear())
    const pause = byId<HTMLButtonElement>('events-pause')
    pause.addEventListener('click', () => {
      this.#isPaused = !this.#isPaused
      pause.setAttribute('aria-pressed', String(this.#isPaused))
      if (!this.#isPaused) this.#draw()
    })
  }

  add(message: Message, size: number): void {
    this.#ring.push(message, { atMs: Date.now(), size })
    if (!this.#isPaused) this.#draw()
  }

  clear(): void {
    this.#ring.clear()
    this.#drawAll()
  }

  #drawAll(): void {
    this.#drawn = 0
    this.#list.replaceChildren()
    this.#drawNew()
  }

  #drawNew(): void {
    const selected = this.#ring.all.filter(({ message }) => this.#filter(message))
    const fresh = selected.filter(({ number }) => number > this.#drawn).slice(-maxShown)
    this.#drawn = this.#ring.all.at(-1)?.number ?? this.#drawn
    this.#list.prepend(...fresh.reverse().map(eventItem))
    while (this.#list.childElementCount > maxShown) this.#list.lastElementChild!.remove()
    setText(byId('events-count'), `${selected.length} of the last ${this.#ring.all.length}.`)
  }
}

function eventItem({ message, atMs }: KeptEvent): HTMLElement {
  const name = first(message, 'Event') ?? ''
  const about = first(message, 'Channel') ?? first(message, 'DestChannel') ?? first(message, 'Device') ?? ''
  const time = new Date(atMs).toTimeString().slice(0, 8)
  const item = element(
    'details',
    { class: 'event' },
    element(
      'summary',
      {},
      element('time', {}, time),
      element('bdi', { class: 'name' }, shown(name, 80)),
      element('bdi', { class: 'about' }, shown(about, 120))
    )
  )
  // Few are opened: their headers are drawn when they are.
  item.addEventListener('toggle', () => {
    if (item.open && item.childElementCount === 1) item.append(headerList(message))
  })
  return item
}

/** All headers of a message. */
export function headerList(message: Message): HTMLElement {
  const rows = headersOf(message).map(([name, value]) =>
    element(
      'div',
      {},
      element('dt', {}, element('bdi', {}, shown(name, 80))),
      element('dd', {}, element('bdi', {}, shown(value, 2_000)))
    )
  )
  return element('dl', { class: 'headers' }, ...rows)
}
