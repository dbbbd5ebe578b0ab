import type { ShownStatus } from '../shown-status.js'
import { ActionForm } from './action-form.js'
import { drawCalls } from './calls-view.js'
import { byId, setText, sometimes } from './dom.js'
import { EventsView } from './events-view.js'
import { isSuccess } from './model/answers.js'
import { Calls } from './model/calls.js'
import { EventRate } from './model/event-rate.js'
import { first, type Message, shown } from './model/message.js'
import { Session, type SessionState } from './session.js'
import { drawStatus, number } from './status-view.js'

/** Servers and clients are asked for so often; calls and events come by themselves. */
const statusEveryMs = 3_000

const calls = new Calls()
const events = new EventsView()
let rate = new EventRate(performance.now())
/** The servers whose channels have been asked for. */
let listed = new Set<string>()
let statusTimer: number | undefined

/** Putting 30,000 channels together takes a tenth of a second or more. */
const drawAll = sometimes(() => {
  const all = calls.calls()
  drawCalls(all, Date.now())
  setText(byId('figure-calls'), String(all.length))
  setText(byId('figure-channels'), String(calls.channelCount))
}, 250)

function onEvent(event: Message, size: number): void {
  events.add(event, size)
  rate.add(performance.now())
  if (calls.note(event, Date.now())) drawAll()
  if (/^ProxyServer(Up|Down)$/.test(first(event, 'Event') ?? '')) {
    listed.delete(first(event, 'Server') ?? '')
    void refreshStatus()
  }
}

const stateWords: Record<SessionState, string> = {
  out: 'Not logged in',
  connecting: 'Logging in …',
  in: 'Connected',
  waiting: 'Connecting again …'
}

function onState(state: SessionState, reason: string): void {
  const connection = byId('connection')
  connection.dataset.state = state
  setText(connection, reason && state === 'waiting' ? reason : stateWords[state])
  byId('login').hidden = state === 'in' || state === 'waiting'
  byId('panel').hidden = state === 'out' || state === 'connecting'
  byId('logout').hidden = state !== 'in' && state !== 'waiting'
  byId<HTMLButtonElement>('login-button').disabled = state === 'connecting'
  setText(byId('login-error'), state === 'out' ? shown(reason) : '')
  clearInterval(statusTimer)
  if (state === 'in') return onLoggedIn()
  if (state !== 'out') return
  setText(byId('who'), '')
  calls.clear()
  events.clear()
  form.clear()
  for (const id of ['servers', 'clients']) byId(id).replaceChildren()
}

function onLoggedIn(): void {
  listed = new Set()
  rate = new EventRate(performance.now())
  setText(byId('who'), byId<HTMLInputElement>('login-user').value)
  byId<HTMLInputElement>('login-secret').value = ''
  byId<HTMLInputElement>('login-key').value = ''
  byId('main').focus()
  form.load().catch((error: Error) => setText(byId('action-note'), shown(`The list of actions did not come: ${error.message}`)))
  void refreshStatus()
  statusTimer = setInterval(() => {
    if (!document.hidden) void refreshStatus()
  }, statusEveryMs)
}

async function refreshStatus(): Promise<void> {
  try {
    const { response } = await session.ask({ ProxyAction: 'ProxyStatus' })
    const status = JSON.parse(first(response, 'ProxyStatus') ?? '') as ShownStatus
    drawStatus(status)
    form.offerServers(status.servers.map(({ name }) => name))
    const isAlone = status.servers.length === 1
    await Promise.all(status.servers.filter(({ state }) => state === 'up').map(({ name }) => listChannels(name, isAlone)))
  } catch {
    // The connection was lost, which is shown.
  }
}

/** What was there before the page came. Who may not see the list sees calls as they begin. */
async function listChannels(server: string, isAlone: boolean): Promise<void> {
  if (listed.has(server)) return
  listed.add(server)
  const askedMs = Date.now()
  const answer = await session.ask({ Action: 'CoreShowChannels', ...(!isAlone && { Server: server }) })
  if (!isSuccess(answer)) return
  calls.replace(answer.items, { askedMs, nowMs: Date.now(), server: isAlone ? undefined : server })
  drawAll()
}

function drawRate(): void {
  const nowMs = performance.now()
  setText(byId('figure-rate'), number(rate.perSecond(nowMs)))
  const history = rate.history(nowMs)
  const top = Math.max(1, ...history)
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline')
  line.setAttribute('points', history.map((count, at) => `${at},${(19 - (18 * count) / top).toFixed(1)}`).join(' '))
  byId<SVGElement>('rate-line').replaceChildren(line)
}

const session = new Session(new URL('web/ws', location.href).href.replace(/^http/, 'ws'), { onState, onEvent })
const form = new ActionForm((fields) => session.ask(fields))

byId('login-unencrypted').hidden = isSecureContext
byId('login-form').addEventListener('submit', (event) => {
  event.preventDefault()
  const value = (id: string) => byId<HTMLInputElement>(id).value
  session.open({ username: value('login-user'), secret: value('login-secret'), key: value('login-key') })
})
byId('logout').addEventListener('click', () => session.close())
setInterval(() => {
  if (document.hidden || byId('panel').hidden) return
  drawRate()
  // Ages go on without an event.
  drawAll()
}, 1_000)
