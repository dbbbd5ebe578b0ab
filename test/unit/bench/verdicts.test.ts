import { describe, expect, it } from 'vitest'
import { type Measurement, skipped } from '../../bench/support/suite.js'
import { allMet, renderVerdicts } from '../../bench/support/verdicts.js'

function row(
  what: string,
  values: number[],
  limit?: Measurement['limit'],
  judgedBy: Measurement['judgedBy'] = 'median'
): Measurement {
  return { what, ours: '10 ms', against: '5 ms node -e 0', values, judgedBy, limit }
}

describe('the closing table of a benchmark', () => {
  it('has a line for each row that is judged, with what it is judged by, its limit and the verdict', () => {
    const rows = [
      row('help', [1.2, 1.5, 9], { atMost: 1.6 }),
      row('for information', [3]),
      row('deliveries', [0.5], { atLeast: 0.6 })
    ]
    expect(renderVerdicts([{ part: 'startup/help', rows }])).toBe(
      [
        'part          measured    pbxkit  against         ratio or count   limit',
        'startup/help  help         10 ms  5 ms node -e 0            1.50  <= 1.6  ok',
        'startup/help  deliveries   10 ms  5 ms node -e 0            0.50  >= 0.6  MISSED',
        '',
        '1 ok, 1 MISSED',
        ''
      ].join('\n')
    )
  })

  it('judges a loss by its worst run', () => {
    const lost = row('events lost', [0, 0, 7], { atMost: 0 }, 'worst')
    expect(renderVerdicts([{ part: 'proxy/steady', rows: [lost] }])).toMatch(/ 7 +<= 0 in all +MISSED\n\n0 ok, 1 MISSED\n$/)
  })

  it('says what was skipped and what broke', () => {
    const table = renderVerdicts([
      { part: 'startup/node-24', rows: [skipped('Node 24', 'it is not there')] },
      { part: 'uac/udp', rows: [], failure: 'kamailio did not start' }
    ])
    expect(table).toMatch(/startup\/node-24 +Node 24 +skipped: it is not there +- +skipped\n/)
    expect(table).toMatch(/uac\/udp +kamailio did not start +FAILED\n/)
    expect(table).toMatch(/\n0 ok, 1 skipped, 1 FAILED\n$/)
  })
})

describe('the end of a benchmark', () => {
  it('is good without a miss and without a failure, whatever was skipped', () => {
    const met = { part: 'a/b', rows: [row('x', [1], { atMost: 1 }), row('for information', [9]), skipped('y', 'no lab')] }
    expect(allMet([met])).toBe(true)
    expect(allMet([met, { part: 'a/c', rows: [row('x', [1.1], { atMost: 1 })] }])).toBe(false)
    expect(allMet([met, { part: 'a/d', rows: [row('x', [Number.NaN], { atMost: 1 })] }])).toBe(false)
    expect(allMet([met, { part: 'a/e', rows: [], failure: 'broke' }])).toBe(false)
  })
})
