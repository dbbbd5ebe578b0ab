import type { Block } from '../../ami/block.js'
import { summariseEvent } from '../../ami-shell/event-summary.js'
import type { BlockColors } from '../block-text.js'
import type { Selection } from '../selection.js'
import { escapeControls } from '../terminal-text.js'

/** Nobody reads more lines a second; a busy PBX has thousands of events. */
const linesPerSecond = 20
/** Last events that are kept whole, one for each name: Asterisk 22 has some 170 names. */
const maxNames = 1_000

/** Live events as single lines: shown, muted, or those that a filter selects; what is too much for eyes is counted. */
export class LiveEvents {
  readonly #print: (text: string) => void
  readonly #style: { width: () => number; colors: BlockColors }
  readonly #last = new Map<string, Block>()
  #selection: { matches: Selection; text: string } | undefined
  #isOn: boolean
  #shownInSecond = 0
  #hidden = 0
  #second: NodeJS.Timeout | undefined
  #newest: Block | undefined
  /** Something else has the screen: events are neither shown nor counted. */
  paused = false

  constructor(print: (text: string) => void, style: { width: () => number; colors: BlockColors }, isOn: boolean) {
    this.#print = print
    this.#style = style
    this.#isOn = isOn
  }

  get isOn(): boolean {
    return this.#isOn
  }

  set isOn(on: boolean) {
    this.#isOn = on
    if (!on) this.#hidden = 0
  }

  /** `on`, `off`, or what is selected. */
  get state(): string {
    if (!this.#isOn) return 'off'
    return this.#selection ? `on, filter ${this.#selection.text}` : 'on'
  }

  /** Only those that are selected; undefined: all. */
  select(selection: { matches: Selection; text: string } | undefined): void {
    this.#selection = selection
  }

  /** The last event, or the last of a name. */
  last(name?: string): Block | undefined {
    return name === undefined ? this.#newest : this.#last.get(name.toLowerCase())
  }

  push(event: Block): void {
    const name = event.get('Event')?.trim().toLowerCase() ?? ''
    if (this.#last.has(name) || this.#last.size < maxNames) this.#last.set(name, event)
    this.#newest = event
    if (!this.#isOn || this.paused) return
    if (this.#selection && !this.#selection.matches((header) => event.getAll(header))) return
    this.#second ??= setTimeout(() => this.#endSecond(), 1000).unref()
    if (this.#shownInSecond >= linesPerSecond) {
      this.#hidden++
      return
    }
    this.#shownInSecond++
    this.#print(`${eventLine(event, this.#style.width(), this.#style.colors)}\n`)
  }

  stop(): void {
    clearTimeout(this.#second)
  }

  #endSecond(): void {
    this.#second = undefined
    this.#shownInSecond = 0
    if (this.#hidden > 0 && !this.paused) this.#print(`… ${this.#hidden} more events in this second; \\events off|filter\n`)
    this.#hidden = 0
  }
}

/** `Hangup Channel=PJSIP/alice-00000001 Cause=16 …`, cut to the width. */
export function eventLine(event: Block, width: number, colors: BlockColors): string {
  const { name, fields } = summariseEvent(event)
  const shownName = escapeControls(name).slice(0, Math.max(1, width - 3))
  const rest = fields.map((field) => `${escapeControls(field.name)}=${escapeControls(field.value)}`).join(' ')
  // The last column stays empty: some terminals begin a new line behind it.
  const room = width - 4 - shownName.length
  const text = rest.length <= room ? rest : room < 2 ? '' : `${rest.slice(0, room - 1)}…`
  return `${colors.name(`* ${shownName}`)} ${text}`.trimEnd()
}
