import { describe, expect, it } from 'vitest'
import { ChannelPattern } from '../../../../../src/lib/proxy/filter/channel-pattern.js'

describe('ChannelPattern', () => {
  it.each([
    ['PJSIP/10', 'PJSIP/10'],
    ['PJSIP/10', 'pjsip/10-0000002f'],
    ['pjsip/10', 'PJSIP/10-0000002F<ZOMBIE>'],
    ['DAHDI/1', 'DAHDI/1-1'],
    ['Local/long', 'Local/long@test-00000018;1'],
    ['Local/long@test', 'Local/long@test-00000018;2'],
    ['SIP/', 'SIP/10-00000001'],
    ['PJSIP/1*', 'PJSIP/100-00000001']
  ])('%s has %s', (column, channel) => {
    expect(new ChannelPattern(column).matches(channel.toLowerCase())).toBe(true)
  })

  it.each([
    ['PJSIP/10', 'PJSIP/100'],
    ['PJSIP/10', 'PJSIP/100-0000002f'],
    ['PJSIP/10', 'PJSIP/10-desk-0000002f'],
    ['PJSIP/10', 'PJSIP/10@example.com-0000002f'],
    ['PJSIP/10', 'SIP/10-0000002f'],
    ['PJSIP/10', 'PJSIP/10-'],
    ['Local/long', 'Local/longer@test-00000018;1'],
    ['Local/long@test', 'Local/long@test2-00000018;1']
  ])('%s has not %s', (column, channel) => {
    expect(new ChannelPattern(column).matches(channel.toLowerCase())).toBe(false)
  })
})
