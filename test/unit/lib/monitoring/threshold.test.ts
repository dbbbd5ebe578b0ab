import { describe, expect, it } from 'vitest'
import { isCrossed, parseThresholds, pluginResult, prometheusText } from '../../../../src/lib/monitoring/threshold.js'
import { callMetrics } from '../../../../src/lib/voipmonitor-client/list-metrics.js'

const parse = (...texts: string[]) => parseThresholds(texts, callMetrics)
const crosses = (text: string, values: Record<string, number | null>) => parse(text).some((one) => isCrossed(one, values))

describe('a threshold', () => {
  it('with = is crossed at its value, in the direction in which the metric gets worse', () => {
    expect([199, 200, 201].map((calls) => crosses('calls=200', { calls }))).toEqual([false, true, true])
    expect([3.4, 3.5, 3.6].map((mos) => crosses('mos=3.5', { mos }))).toEqual([true, true, false])
  })

  it('with a sign says it exactly', () => {
    expect([3.4, 3.5, 3.6].map((mos) => crosses('mos<3.5', { mos }))).toEqual([true, false, false])
    expect([9, 10, 11].map((calls) => crosses('calls > 10', { calls }))).toEqual([false, false, true])
    expect([9, 10, 11].map((calls) => crosses('calls<=10', { calls }))).toEqual([true, true, false])
  })

  it('is not crossed by what has no value', () => expect(crosses('mos<3.5', { mos: null })).toBe(false))

  it.each(['calls', 'calls=', '=5', 'calls=x', 'calls==5', 'rain=5', 'calls=1e5', 'calls=-1'])(
    'that is none is refused: %s',
    (text) => {
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'E_USAGE' }))
    }
  )
})

describe('the line of a plugin', () => {
  const values = { calls: 5, connected: 4, mos: 3.25, mosavg: 4.1234, loss: null, jitter: 1, duration: 7 }
  const report = (warn: string[], critical: string[], failures: string[] = []) =>
    pluginResult({ title: 'CALLS', metrics: callMetrics, values, warn: parse(...warn), critical: parse(...critical), failures })

  it('has its status, its reason, and performance data that a bar parts from it', () => {
    expect(report(['calls=9'], ['mos<3'])).toEqual({
      status: 0,
      line: 'CALLS OK - 5 calls | calls=5;9 connected=4 mos=3.25;;3: mosavg=4.123 loss=U jitter=1ms duration=7s'
    })
    expect(report(['calls=5,duration>6'], [])).toMatchObject({
      status: 1,
      line: expect.stringMatching(/^CALLS WARNING - calls is 5 \(>= 5\), duration is 7 \(> 6\) \|/)
    })
    expect(report(['calls=5'], ['mos<3.5'])).toMatchObject({
      status: 2,
      line: expect.stringMatching(/^CALLS CRITICAL - mos is 3.25 \(< 3.5\), calls/)
    })
  })

  it('is critical when a sniffer cannot be asked, and cannot be forged by its words', () => {
    const { status, line } = report([], [], ['a: said | x=1\n| y=2\x1b[2J'])
    expect(status).toBe(2)
    expect(line.split('|')).toHaveLength(2)
    expect(line).not.toMatch(/[\n\x1b]/)
  })
})

it('the text for Prometheus has a series for each sensor that answered, with its label escaped', () => {
  const text = prometheusText('x', callMetrics.slice(0, 3), [
    { sensor: 'a"b\\c', values: { calls: 3, connected: 0, mos: null } },
    { sensor: 'down' }
  ])
  expect(text).toContain('x_sniffer_up{sensor="a\\"b\\\\c"} 1\nx_sniffer_up{sensor="down"} 0\n')
  expect(text).toContain('# TYPE x gauge\nx{sensor="a\\"b\\\\c"} 3\n# HELP x_connected')
  expect(text).toMatch(/# TYPE x_mos gauge\n$/)
})
