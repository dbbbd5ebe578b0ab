import { byId, element, setText } from './dom.js'
import type { Call, Channel } from './model/calls.js'
import { shown } from './model/message.js'

/** More than anybody reads; the figures above count all. */
const maxShown = 100
const maxChannelsShown = 20

const words = { talking: 'talking', ringing: 'ringing', up: 'up', starting: 'starting' } as const

export function drawCalls(calls: readonly Call[], nowMs: number): void {
  const talking = calls.filter(({ isBridged }) => isBridged).length
  const more = calls.length > maxShown ? `; the first ${maxShown} are shown` : ''
  setText(byId('calls-note'), calls.length === 0 ? 'No calls.' : `${talking} of ${calls.length} talking${more}.`)
  byId('calls').replaceChildren(...calls.slice(0, maxShown).map((call) => callItem(call, nowMs)))
}

function callItem({ channels, state, isBridged, sinceMs }: Call, nowMs: number): HTMLElement {
  const names = channels.map(({ name }) => shown(name, 120))
  const legs = names.slice(0, 2).join(isBridged ? ' ↔ ' : ' – ')
  const rest = names.length > 2 ? ` and ${names.length - 2} more` : ''
  return element(
    'li',
    { class: 'call', 'data-state': state },
    element(
      'p',
      { class: 'call-head' },
      element('span', { class: 'badge' }, words[state]),
      element('strong', {}, `${legs}${rest}`),
      element('span', { class: 'age' }, age(nowMs - sinceMs))
    ),
    element('ul', { class: 'legs' }, ...channels.slice(0, maxChannelsShown).map(leg))
  )
}

function leg({ name, state, caller, connected, where, application, bridge, isHeld, server }: Channel): HTMLElement {
  const facts = [
    caller && `from ${caller}`,
    connected && connected !== caller && `with ${connected}`,
    where && `at ${where}`,
    application,
    bridge && `bridge ${bridge.slice(0, 8)}`,
    isHeld && 'on hold',
    server && `on ${server}`
  ].filter((fact): fact is string => typeof fact === 'string' && fact !== '')
  return element(
    'li',
    {},
    element('bdi', { class: 'name' }, shown(name, 120)),
    ` ${shown(state, 40)}`,
    element('span', { class: 'quiet' }, ` ${facts.map((fact) => shown(fact, 120)).join(' · ')}`)
  )
}

/** `0:07`, `1:02:03` */
export function age(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`
}
