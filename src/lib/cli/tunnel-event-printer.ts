import type { TunnelEvent } from '../tunnel-client/events.js'
import type { Log } from './log.js'
import type { Output } from './output.js'
import { writeToStderr } from './stderr.js'
import { escapeControls } from './terminal-text.js'

/** Shows what a tunnel's client does: NDJSON on stdout, else one line on the terminal that is kept up to date, else the log. */
export class TunnelEventPrinter {
  readonly #out: Output
  readonly #log: Log
  readonly #form: 'json' | 'status' | 'log'
  #state = 'starting'
  #calls = 0
  #done = 0

  constructor(out: Output, log: Log, form: 'json' | 'status' | 'log') {
    this.#out = out
    this.#log = log
    this.#form = form
  }

  readonly print = (event: TunnelEvent): void => {
    if (this.#form === 'json') {
      // A failure aborts the command by itself.
      this.#out.ndjson({ time: new Date().toISOString(), ...event }).catch(() => {})
      return
    }
    if (this.#form === 'status') return this.#show(event)
    const level = event.event === 'dropped' || event.event === 'call-refused' ? 'warn' : 'info'
    if (!this.#log.isLevelEnabled(level)) return
    const { event: name, ...fields } = event
    this.#log[level](fields, name)
  }

  #show(event: TunnelEvent): void {
    if (event.event === 'call-start') this.#calls++
    if (event.event === 'call-end') {
      this.#calls--
      this.#done++
    }
    this.#state = stateText(event) ?? this.#state
    writeToStderr(`\r\u001b[K${escapeControls(`${this.#state}; ${this.#calls} calls now, ${this.#done} before`)}`)
  }
}

function stateText(event: TunnelEvent): string | undefined {
  switch (event.event) {
    case 'connecting':
      return `connecting to ${event.server}`
    case 'accepted':
      return `connected to ${event.server}`
    case 'waiting':
      return `waiting for a call of ${event.server}`
    case 'fallback':
      return `${event.server} knows protocol 1 only`
    case 'upgrade':
      return `${event.server} knows protocol 2 now`
    case 'message':
      return event.text
    case 'dropped':
      return `lost: ${event.reason}`
    case 'retry':
      return `next try in ${(event.inMs / 1000).toFixed(1)} s`
    case 'call-refused':
      return `a call was refused: ${event.reason}`
    default:
      return undefined
  }
}
