import { expect, it } from 'vitest'
import { screenText } from '../../../../src/lib/cli/register-screen.js'
import { keptRegistration } from '../../../../src/lib/registrations/kept-registration.js'
import { eventOf } from '../../../../src/lib/registrations/registration-event.js'
import type { RegistrationKeeper } from '../../../../src/lib/registrations/registration-keeper.js'
import { Desk } from '../registrations/support/registrar.js'

/** A keeper that has these accounts. */
function keeperOf(desks: readonly Desk[]): RegistrationKeeper {
  const accounts = new Map(
    desks.map(({ registration }) => [registration.account.uuid, keptRegistration(registration, undefined as never)])
  )
  const window = { waiting: 0, requests: 2, repeats: 0 }
  return { accounts, window, registeredCount: 0, breaker: { open: [] }, isPaused: false } as never
}

it('tells in words why the account that failed last is not well, in the width of the terminal, and no longer when it is', async () => {
  const desk = new Desk({ realm: 'wrong' }).begin()
  // U+202E, which turns the direction of the text behind it, as its bytes.
  desk.challenge('n', { realm: 'pbx \xe2\x80\xae' })
  const last = { target: 'udp 192.0.2.1:5060', detail: undefined, local: undefined }
  const events = [eventOf('rejected', desk.registration, last, 0)]
  const draw = (remark?: string) => screenText(keeperOf([desk]), events, { width: 60, height: 30, nowMs: 0, remark })
  const text = await draw('a remark for all')
  const lines = text.split('\n')
  expect(lines[0]).toBe('0 of 1 registered; 2 requests, 0 repeats')
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60)
  expect(lines.join(' ')).toContain('the account is of the realm "wrong": correct the realm')
  expect(text).not.toContain('\u202e')
  expect(lines.at(-1)).toBe('a remark for all')

  desk.begin().accept()
  expect(await draw()).not.toContain('correct the realm')
})
