import { setTimeout as wait } from 'node:timers/promises'
import type { Answer } from '../../ami/answer.js'
import type { Field } from '../../ami/encode.js'
import type { AmiClient } from '../../ami-client/client.js'
import { maskedField } from '../../ami-shell/history-mask.js'
import type { ServerCatalog } from '../../ami-shell/server-catalog.js'
import type { AnswerView } from '../../ami-shell/shell-words.js'
import { parseAction, parseLine } from '../../ami-shell/typed-line.js'
import { InterruptedError, UsageError } from '../../errors.js'
import { assertSendable } from '../action-check.js'
import type { BlockColors } from '../block-text.js'
import { Output } from '../output.js'
import { redraw } from '../proxy-status-text.js'
import { describeError } from '../report-error.js'
import { escapeControlsInLines } from '../terminal-text.js'
import { showAnswer } from './answer-view.js'
import type { LiveEvents } from './live-events.js'
import type { Screen } from './screen.js'
import { runShellWord } from './shell-commands.js'

export interface ShellOptions {
  client: AmiClient
  catalog: ServerCatalog
  screen: Screen
  events: LiveEvents
  colors: BlockColors
  /** For each answer. */
  timeoutMs: number
  /** Hold actions against the catalogue before they are sent. */
  validate: boolean
}

/** Takes lines from the screen, sends their actions, and shows what comes back; until its user leaves. What goes wrong is said, and the next line awaited. */
export class AmiShell {
  readonly options: ShellOptions
  readonly out: Output
  view: AnswerView = 'auto'
  columns: readonly string[] | undefined
  #last: Answer | undefined
  #running: AbortController | undefined
  #left = false

  constructor(options: ShellOptions) {
    this.options = options
    this.out = new Output(
      options.screen.streamTo((text) => options.screen.print(text)),
      () => {}
    )
  }

  /** Resolves when the user has left. */
  async run(): Promise<void> {
    while (!this.#left) {
      const line = await this.options.screen.nextLine()
      if (line === undefined) return
      this.#running = new AbortController()
      try {
        await this.#take(line)
      } catch (error) {
        this.say(error)
      } finally {
        this.#running = undefined
      }
    }
  }

  leave(): void {
    this.#left = true
  }

  /** Ctrl-C while something runs: it is no longer waited for. */
  interrupt(): void {
    this.#running?.abort(new InterruptedError('Interrupted: the answer is no longer waited for'))
  }

  /** What went wrong, in words. */
  say(error: unknown): void {
    const { message, hint } = describeError(error)
    const text = [this.options.colors.error(escapeControlsInLines(message)), hint && escapeControlsInLines(hint)].filter(Boolean)
    this.options.screen.print(`${text.join('\n')}\n`)
  }

  note(message: string): void {
    this.options.screen.print(`${escapeControlsInLines(message)}\n`)
  }

  /** Sends the action of a text and shows its answer; without one, shows the last answer again. @throws UsageError, what `send` throws */
  async showAs(view: AnswerView, text: string): Promise<void> {
    if (text !== '') this.#last = await this.send(text)
    if (!this.#last) throw new UsageError('There is no answer yet')
    await showAnswer(this.out, this.#last, { view, columns: this.columns, colors: this.options.colors })
  }

  /** Sends an action again and again in a screen of its own, until Ctrl-C. @throws what the first sending throws */
  async watch(everyMs: number, text: string): Promise<void> {
    const { screen, events, colors } = this.options
    const signal = this.#running!.signal
    let shown = await this.#frame(text, everyMs)
    events.paused = true
    screen.print('\x1b[?1049h')
    try {
      while (!signal.aborted) {
        screen.print(redraw(shown, screen.height))
        await wait(everyMs, undefined, { signal }).catch(() => {})
        if (!signal.aborted)
          shown = await this.#frame(text, everyMs).catch((error) => `${colors.error(describeError(error).message)}\n`)
      }
    } finally {
      events.paused = false
      screen.print('\x1b[?1049l')
    }
  }

  /** Sends the action of a text. @throws UsageError for one that is not to be sent, what the client throws, InterruptedError */
  async send(text: string): Promise<Answer> {
    const { client, catalog, timeoutMs, validate } = this.options
    const { action, fields } = parseAction(text)
    const masked = maskedField(action, fields)
    if (masked) throw new UsageError(`${masked} is masked in the history: type it again`)
    const all: Field[] = [['Action', action], ...fields]
    if (validate) {
      assertSendable(all, await this.#unlessInterrupted(catalog.catalogFor(action)), {
        typed: true,
        note: (message) => this.note(message)
      })
    }
    return this.#unlessInterrupted(client.send(all, { timeoutMs }))
  }

  async #take(line: string): Promise<void> {
    const typed = parseLine(line)
    if (typed.kind === 'empty') return
    if (typed.kind === 'shell') return runShellWord(this, typed.name, typed.rest)
    if (/^logoff$/i.test(typed.action)) return this.leave()
    await this.showAs(this.view, line.trim())
  }

  /** What one look of `watch` shows. */
  async #frame(text: string, everyMs: number): Promise<string> {
    const answer = await this.send(text)
    const chunks: string[] = []
    const { screen } = this.options
    const gather = screen.streamTo((text) => void chunks.push(text))
    const view = this.view === 'raw' || this.view === 'json' ? this.view : 'auto'
    await showAnswer(new Output(gather, () => {}), answer, { view, columns: this.columns, colors: this.options.colors })
    const head = `${new Date().toTimeString().slice(0, 8)}, every ${everyMs / 1000} s, Ctrl-C ends: ${escapeControlsInLines(text)}`
    return `${head.length > screen.width ? `${head.slice(0, screen.width - 1)}…` : head}\n${chunks.join('')}`
  }

  /** @throws InterruptedError when Ctrl-C comes first; what was sent is sent */
  async #unlessInterrupted<T>(work: Promise<T>): Promise<T> {
    const signal = this.#running!.signal
    work.catch(() => {})
    let onAbort = () => {}
    const interrupted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason)
      signal.addEventListener('abort', onAbort)
      if (signal.aborted) onAbort()
    })
    try {
      return await Promise.race([work, interrupted])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}
