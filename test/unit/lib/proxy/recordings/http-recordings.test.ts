import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HttpOutcome, replayHttp } from './http-replay.js'
import { httpScenarios } from './tables/http.js'

for (const { name, variant, options, verdicts } of httpScenarios) {
  for (const version of ['v122', 'v130'] as const) {
    const file = version === 'v130' ? `v130-${name}` : name
    describe(variant === undefined ? file : `${file} with ${variant}`, () => {
      let outcomes: HttpOutcome[] = []
      let stop = async () => {}
      beforeAll(async () => {
        const replayed = await replayHttp(file, options, { answersOf: name })
        outcomes = replayed.outcomes
        stop = replayed.stop
      }, 30_000)
      afterAll(() => stop())

      it('has a verdict for every request', () => {
        expect(outcomes.map(({ request }) => request.split('\r\n')[0])).toHaveLength(verdicts.length)
      })

      for (const [place, { kind, what, why, check }] of verdicts.entries()) {
        it(`${file}: ${what} — ${kind}: ${why}`, () => check(outcomes[place]!, version))
      }
    })
  }
}
