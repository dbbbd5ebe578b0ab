import type { KeptRegistration } from '../registrations/kept-registration.js'
import type { RegistrationEvent } from '../registrations/registration-event.js'
import type { RunningRegistrations } from '../registrations/registration-service.js'
import { wrap } from './documentation-text.js'
import { redraw } from './proxy-status-text.js'
import { renderRows } from './rows.js'
import { escapeControls } from './terminal-text.js'

/** As often as a person looks. */
const everyMs = 1_000
/** What happened last, below the accounts. */
const shownEvents = 5
/** No terminal has more lines, and sorting 100,000 accounts each second helps nobody. */
const shownAccounts = 200
/** The longest hint has 300 characters. */
const maxAdviceLines = 6
/** Below this nobody reads words. */
const minWidth = 20

export interface ScreenOutput {
  write: (text: string) => void
  width: () => number
  height: () => number
  now: () => number
}

/** The state of all accounts on a terminal, drawn anew every second: a sum, those that need attention, those whose turn is next, the last events. */
export class RegisterScreen {
  readonly #running: Pick<RunningRegistrations, 'keeper'>
  readonly #output: ScreenOutput
  readonly #events: RegistrationEvent[] = []
  #timer: NodeJS.Timeout | undefined
  #isDrawing = false
  /** What is to be said of all accounts. */
  #remark: string | undefined

  constructor(running: Pick<RunningRegistrations, 'keeper'>, output: ScreenOutput) {
    this.#running = running
    this.#output = output
  }

  start(): void {
    this.#output.write('\x1b[2J')
    void this.draw()
    this.#timer = setInterval(() => void this.draw(), everyMs)
  }

  note(event: RegistrationEvent): void {
    if (event.event === 'refreshed') return
    this.#events.push(event)
    if (this.#events.length > shownEvents) this.#events.shift()
  }

  /** A remark that stays. */
  say(message: string): void {
    this.#remark = message
  }

  stop(): void {
    clearInterval(this.#timer)
    if (this.#timer) void this.draw()
  }

  async draw(): Promise<void> {
    if (this.#isDrawing) return
    this.#isDrawing = true
    const { width, height, now, write } = this.#output
    const place = { width: width(), height: height(), nowMs: now(), remark: this.#remark }
    write(redraw(await screenText(this.#running.keeper, this.#events, place), height()))
    this.#isDrawing = false
  }
}

/** The screen as text. @param nowMs of the keeper's clock @param remark see `RegisterScreen.say` */
export async function screenText(
  keeper: RunningRegistrations['keeper'],
  events: readonly RegistrationEvent[],
  { width, height, nowMs, remark }: { width: number; height: number; nowMs: number; remark?: string | undefined }
): Promise<string> {
  const { accounts, registeredCount, window, breaker, isPaused } = keeper
  const silent = breaker.open.length > 0 ? `, silent: ${breaker.open.slice(0, 3).join(', ')}` : ''
  const queue = window.waiting > 0 ? `, ${window.waiting} wait for their turn` : ''
  const sum = `${registeredCount} of ${accounts.size} registered${isPaused ? ', paused' : ''}${queue}${silent}; ${window.requests} requests, ${window.repeats} repeats`
  const happened = events.map(({ ts, aor, event, reason }) =>
    escapeControls(`${ts.slice(11, 19)} ${aor} ${event}${reason === null ? '' : `: ${reason}`}`)
  )
  const last = [...happened, ...adviceOf(keeper, events, remark, width)]
  const room = Math.min(shownAccounts, Math.max(1, height - last.length - 5))
  const rows = await renderRows(
    choose(accounts.values(), room).map((kept) => rowOf(kept, nowMs)),
    'table',
    { width, forTerminal: true }
  )
  const rest = accounts.size > room ? [`… ${accounts.size - room} more`] : []
  return [sum, '', ...rows.trimEnd().split('\n'), ...rest, '', ...last].map((line) => cut(line, width)).join('\n')
}

/** What is wrong with the account that failed last, in words, as long as it is not well; and the remark. */
function adviceOf(
  { accounts }: RunningRegistrations['keeper'],
  events: readonly RegistrationEvent[],
  remark: string | undefined,
  width: number
): string[] {
  const worst = events.findLast(({ hint }) => hint !== undefined)
  const isIll = worst !== undefined && accounts.get(worst.l_uuid)?.registration.isRegistered === false
  const texts = [...(isIll ? [`${worst.aor}: ${worst.hint}`] : []), ...(remark === undefined ? [] : [remark])]
  return texts.flatMap((text) => ['', ...wrap(escapeControls(text), Math.max(minWidth, width)).slice(0, maxAdviceLines)])
}

/** Those that are not well first; of the others those whose turn is next. */
function choose(all: Iterable<KeptRegistration>, count: number): KeptRegistration[] {
  const bad: KeptRegistration[] = []
  const good: KeptRegistration[] = []
  for (const kept of all) {
    const isWell = kept.registration.isRegistered && kept.registration.reason === undefined
    if (!isWell && bad.length < count) bad.push(kept)
    else if (isWell) insert(good, kept, count - bad.length)
  }
  return [...bad, ...good.slice(0, Math.max(0, count - bad.length))]
}

/** Keeps a short list in the order of what is due. */
function insert(list: KeptRegistration[], kept: KeptRegistration, most: number): void {
  const due = kept.dueMs ?? Number.POSITIVE_INFINITY
  if (list.length >= most && due >= (list.at(-1)?.dueMs ?? Number.POSITIVE_INFINITY)) return
  const at = list.findIndex((one) => (one.dueMs ?? Number.POSITIVE_INFINITY) > due)
  list.splice(at < 0 ? list.length : at, 0, kept)
  if (list.length > most) list.pop()
}

function rowOf({ registration, target, dueMs }: KeptRegistration, nowMs: number) {
  const { account, aor, state, code, reason, isRegistered, boundMs } = registration
  return {
    account: account.uuid,
    aor,
    state,
    expires: isRegistered ? Math.round(boundMs / 1000) : null,
    next: dueMs === undefined ? null : Math.max(0, Math.round((dueMs - nowMs) / 1000)),
    reason: reason === undefined ? null : `${reason}${code === undefined ? '' : ` (${code})`}`,
    target: target ?? null
  }
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(1, width - 1))}…` : text
}
