import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordingNames } from './recording.js'
import { type RunningReplay, replay } from './replay.js'
import { scenarios } from './tables/scenarios.js'

for (const { name, variant, setup, verdicts } of scenarios) {
  for (const version of ['v122', 'v130'] as const) {
    const file = version === 'v130' ? `v130-${name}` : name
    if (!recordingNames().includes(file)) continue
    describe(variant === undefined ? file : `${file} with ${variant}`, () => {
      const wanted = verdicts.filter(({ only }) => only === undefined || only === version)
      let running: RunningReplay
      beforeAll(async () => {
        running = await replay(file, setup)
      }, 30_000)
      afterAll(() => running?.stop())

      it('has a verdict for every exchange', () => {
        expect(running.outcomes.map(({ exchange }) => exchange.sent.split('\r\n')[0])).toHaveLength(wanted.length)
      })

      for (const [place, { kind, what, why, check }] of wanted.entries()) {
        it(`${file}: ${what} — ${kind}: ${why}`, () => check(running.outcomes[place]!, version))
      }

      it(`${file}: the banner — dropped: libraries take none but that of Asterisk`, () => {
        for (const [connection, banner] of running.banners.entries()) {
          if (running.recording.connections[connection]!.banner === '') continue
          expect(banner).toBe('Asterisk Call Manager/11.0.0\r\n')
        }
      })

      it(`${file}: FullyBooted — keep: as 1.30 says it, once for each connection and with the times of Asterisk`, () => {
        for (const text of running.news.values()) {
          const booted = text.match(/Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: \d+\r\nLastReload: \d+\r\n/g) ?? []
          expect(text.match(/Event: FullyBooted/g)?.length ?? 0).toBe(booted.length)
        }
      })
    })
  }
}
