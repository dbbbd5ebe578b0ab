import { describe, expect, it } from 'vitest'
import { legacyLineOf, supersededLines } from '../../../../../src/lib/proxy/legacy/superseded.js'

const conf = '; old\nListenPort = 1\nclientwritetimeout = 100\ninput format = http\n; logfile = x\nlogfile = /x\nlistenport = 2\n'

describe('lines of an astmanproxy.conf', () => {
  it('that have no effect are found, with what there is in their place', () => {
    const found = supersededLines(conf, '/c').map(({ line, severity, message, hint }) => [
      line,
      severity,
      message.split(' ')[0],
      !!hint
    ])
    expect(found).toEqual([
      [3, 'info', 'clientwritetimeout', true],
      [4, 'info', 'inputformat', true]
    ])
  })

  it('that a flag comes from: the last counts', () => {
    expect(legacyLineOf(conf, 'listen')).toBe(7)
    expect(legacyLineOf(conf, 'log-file')).toBe(6)
    expect(legacyLineOf(conf, 'banner')).toBeUndefined()
    expect(legacyLineOf(conf, 'constructor')).toBeUndefined()
  })
})
