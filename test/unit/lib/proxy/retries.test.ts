import { expect, it } from 'vitest'
import { Retries } from '../../../../src/lib/proxy/retries.js'

const reconnect = { initialMs: 100, maxMs: 1000, random: () => 0 }
const failed = { wasUp: false, isRefused: false }
const lost = { wasUp: true, isRefused: false }

it('waits longer each time, and briefly again once it was up', () => {
  const retries = new Retries(() => ({ reconnect, maxRetries: 0 }))
  expect([failed, failed, failed, lost, failed].map((end) => retries.nextMs(end))).toEqual([50, 100, 200, 50, 100])
})

it('does not hurry after a refused login', () => {
  const retries = new Retries(() => ({ reconnect, maxRetries: 0 }))
  expect(retries.nextMs({ wasUp: false, isRefused: true })).toBe(1000)
})

it('gives up after so many tries in a row, of which the loss of a session is none', () => {
  const retries = new Retries(() => ({ reconnect, maxRetries: 2 }))
  const ends = [failed, failed, lost, failed, failed, failed]
  expect(ends.map((end) => retries.nextMs(end) === undefined)).toEqual([false, false, false, false, false, true])
})

it('goes by the settings as they are now', () => {
  let settings = { reconnect, maxRetries: 0 }
  const retries = new Retries(() => settings)
  retries.nextMs(failed)
  settings = { reconnect: { ...reconnect, initialMs: 600 }, maxRetries: 1 }
  expect(retries.nextMs(lost)).toBe(300)
  expect([retries.nextMs(failed), retries.nextMs(failed)]).toEqual([500, undefined])
})
