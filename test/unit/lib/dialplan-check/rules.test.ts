import { describe, expect, it } from 'vitest'
import { type RuleCode, ruleCodes } from '../../../../src/lib/dialplan-check/rules.js'
import { dialplanCases } from './dialplan-cases.js'
import { type Case, type Cases, fileCases } from './file-cases.js'
import { pjsipCases } from './pjsip-cases.js'
import { check, placesOf } from './support.js'

const all = [fileCases, dialplanCases, pjsipCases].flatMap((cases: Cases) => Object.entries(cases) as [RuleCode, Case][])

describe('each rule', () => {
  it('has a test', () => {
    const tested = new Set(all.map(([code]) => code))
    expect(ruleCodes.filter((code) => !tested.has(code))).toEqual([])
  })

  it.each(all)(
    '%s is reported where the fault is, and not when it is mended',
    async (code, { bad, at, good, extra, goodExtra }) => {
      expect(await placesOf(code, bad, extra)).toEqual([at])
      expect(await placesOf(code, good, goodExtra ?? extra)).toEqual([])
    }
  )

  it.each(all)('%s: the mended configuration has no error of another kind', async (_, { good, extra, goodExtra }) => {
    const errors = (await check(good, goodExtra ?? extra)).filter(({ severity }) => severity === 'error')
    expect(errors.map(({ code, message }) => `${code}: ${message}`)).toEqual([])
  })
})
