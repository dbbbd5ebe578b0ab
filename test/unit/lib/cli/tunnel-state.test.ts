import { expect, it } from 'vitest'
import { TunnelState } from '../../../../src/lib/cli/tunnel-state.js'
import type { TunnelEvent } from '../../../../src/lib/tunnel-client/events.js'

const a = { server: 'a:1' }
const b = { server: 'b:2' }
const accepted = { event: 'accepted', protocol: 2, tls: true } as const
const start = { event: 'call-start', call: 'x', callerId: undefined, extension: undefined } as const
const end = { event: 'call-end', call: 'x', commands: 1, durationMs: 1 } as const

/** The line after each event, with a star where a line of its own stays. */
function lines(servers: number, events: readonly TunnelEvent[]): string[] {
  const state = new TunnelState(servers)
  return events.map((event) => `${state.take(event) ? '* ' : ''}${state.text}`)
}

it('has something to say before anything is known', () => {
  expect(lines(1, [{ event: 'message', text: 'hello' }])).toEqual(['* starting; 0 calls now, 0 before'])
})

it('counts calls', () => {
  expect(
    lines(1, [
      { ...accepted, ...a },
      { ...start, ...a },
      { ...start, ...a },
      { ...end, ...a }
    ])
  ).toEqual([
    'connected to a:1; 0 calls now, 0 before',
    'connected to a:1; 1 call now, 0 before',
    'connected to a:1; 2 calls now, 0 before',
    'connected to a:1; 1 call now, 1 before'
  ])
})

it('says why there is no connection for as long as there is none, and lets that stay once', () => {
  const lost = { event: 'dropped', reason: 'refused', ...a } as const
  const retry = { event: 'retry', inMs: 1_300, ...a } as const
  const rest = '; 0 calls now, 0 before'
  expect(
    lines(1, [
      { event: 'connecting', ...a },
      lost,
      retry,
      { event: 'connecting', ...a },
      lost,
      retry,
      { ...accepted, ...a },
      lost
    ])
  ).toEqual([
    `connecting to a:1${rest}`,
    `* not connected to a:1${rest}; refused`,
    `next try at a:1 in 1.3 s${rest}; refused`,
    `connecting to a:1${rest}; refused`,
    `not connected to a:1${rest}; refused`,
    `next try at a:1 in 1.3 s${rest}; refused`,
    `connected to a:1${rest}`,
    `* not connected to a:1${rest}; refused`
  ])
})

it('lets stay what people are to read, and stays connected', () => {
  const refused = { event: 'call-refused', call: 'x', reason: 'app-error', ...a } as const
  expect(lines(1, [{ ...accepted, ...a }, refused, { event: 'message', text: 'hello' }])).toEqual([
    'connected to a:1; 0 calls now, 0 before',
    '* connected to a:1; 0 calls now, 0 before',
    '* connected to a:1; 0 calls now, 0 before'
  ])
})

it('tells of several servers how many there are, and what is wrong with the others', () => {
  const lost = { event: 'dropped', reason: 'gone', ...a } as const
  const events = [
    { event: 'connecting', ...a },
    { event: 'connecting', ...b },
    { ...accepted, ...b },
    { ...accepted, ...a },
    lost
  ] as const
  expect(lines(2, events).slice(1)).toEqual([
    'connected to 0 of 2 servers, connecting to a:1, connecting to b:2; 0 calls now, 0 before',
    'connected to 1 of 2 servers, connecting to a:1; 0 calls now, 0 before',
    'connected to 2 of 2 servers; 0 calls now, 0 before',
    '* connected to 1 of 2 servers, not connected to a:1; 0 calls now, 0 before; gone'
  ])
})

it('follows one server that changes its name', () => {
  expect(
    lines(1, [
      { event: 'dropped', reason: 'gone', ...a },
      { event: 'connecting', ...b }
    ])[1]
  ).toMatch(/^connecting to b:2;/)
})
