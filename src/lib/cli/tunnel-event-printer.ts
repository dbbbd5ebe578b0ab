import type { TunnelEvent } from '../tunnel-client/events.js'
import type { Log } from './log.js'
import type { Output } from './output.js'
import { showStatusLine } from './stderr.js'
import { escapeControls } from './terminal-text.js'
import { TunnelState } from './tunnel-state.js'

/** Shows what a tunnel's client does: NDJSON on stdout, else one line on the terminal that is kept up to date, else the log. */
export class TunnelEventPrinter {
  readonly #out: Output
  readonly #log: Log
  readonly #form: 'json' | 'status' | 'log'
  readonly #state: TunnelState

  /** @param servers how many there is to be a tunnel to */
  constructor(out: Output, log: Log, form: 'json' | 'status' | 'log', servers: number) {
    this.#out = out
    this.#log = log
    this.#form = form
    this.#state = new TunnelState(servers)
  }

  readonly print = (event: TunnelEvent): void => {
    if (this.#form === 'json') {
      // A failure aborts the command by itself.
      this.#out.ndjson({ time: new Date().toISOString(), ...event }).catch(() => {})
      return
    }
    if (this.#form === 'log') return this.#write(event)
    if (this.#state.take(event)) this.#write(event)
    showStatusLine(escapeControls(this.#state.text))
  }

  #write(event: TunnelEvent): void {
    const level = event.event === 'dropped' || event.event === 'call-refused' ? 'warn' : 'info'
    if (!this.#log.isLevelEnabled(level)) return
    if (event.event === 'message') return this.#log.info(event.text)
    const { event: name, ...fields } = event
    this.#log[level](fields, name)
  }
}
