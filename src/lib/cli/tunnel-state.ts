import type { TunnelEvent } from '../tunnel-client/events.js'

/** What a tunnel's client does now, in one line for who watches. */
export class TunnelState {
  readonly #servers: number
  readonly #states = new Map<string, { isConnected: boolean; text: string; lost: string }>()
  #calls = 0
  #done = 0

  /** @param servers how many it has a tunnel to; one may change its name, with the metadata */
  constructor(servers: number) {
    this.#servers = servers
  }

  /** @returns is there something that is to stay on the screen, and was not there a moment ago? */
  take(event: TunnelEvent): boolean {
    if (event.event === 'call-start') this.#calls++
    if (event.event === 'call-end') {
      this.#calls--
      this.#done++
    }
    if (event.event === 'message' || event.event === 'call-refused') return true
    const { server } = event
    const before = this.#states.get(server) ?? { isConnected: false, text: '', lost: '' }
    const next = nextState(event)
    if (!next) return false
    if (this.#servers === 1) this.#states.clear()
    this.#states.set(server, { ...before, ...next })
    return event.event === 'dropped' && event.reason !== before.lost
  }

  /** `connected to a:20000; 1 call now, 3 before`; why it is not connected comes last, where a narrow terminal cuts. */
  get text(): string {
    const reasons = new Set([...this.#states.values()].flatMap(({ lost }) => (lost === '' ? [] : `; ${lost}`)))
    const calls = `${this.#calls} ${this.#calls === 1 ? 'call' : 'calls'} now, ${this.#done} before`
    return `${this.#connection()}; ${calls}${[...reasons].join('')}`
  }

  #connection(): string {
    const states = [...this.#states.values()]
    if (states.length === 0) return 'starting'
    if (states.length === 1) return states[0]!.text
    const others = states.filter(({ isConnected }) => !isConnected).map(({ text }) => `, ${text}`)
    return `connected to ${states.length - others.length} of ${this.#servers} servers${others.join('')}`
  }
}

/** `lost`: why there is no connection, until there is one again. */
function nextState(event: TunnelEvent): { isConnected: boolean; text: string; lost?: string } | undefined {
  switch (event.event) {
    case 'connecting':
      return { isConnected: false, text: `connecting to ${event.server}` }
    case 'accepted':
      return { isConnected: true, text: `connected to ${event.server}`, lost: '' }
    case 'waiting':
      return { isConnected: true, text: `waiting for a call of ${event.server}`, lost: '' }
    case 'fallback':
      return { isConnected: false, text: `${event.server} knows protocol 1 only` }
    case 'upgrade':
      return { isConnected: false, text: `${event.server} knows protocol 2 now` }
    case 'dropped':
      return { isConnected: false, text: `not connected to ${event.server}`, lost: event.reason }
    case 'retry':
      return { isConnected: false, text: `next try at ${event.server} in ${(event.inMs / 1000).toFixed(1)} s` }
    default:
      return undefined
  }
}
