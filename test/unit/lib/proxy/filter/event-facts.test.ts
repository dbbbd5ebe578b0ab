import { describe, expect, it } from 'vitest'
import { factsOf } from '../../../../../src/lib/proxy/filter/event-facts.js'
import { EventView } from '../../../../../src/lib/proxy/filter/event-view.js'

const roleOf = (uniqueid: string, server = 'pbx') =>
  factsOf(new EventView(Buffer.from(`Event: Newexten\r\nChannel: PJSIP/1\r\nUniqueid: ${uniqueid}\r\n\r\n`), server)).roles[0]

describe('what events say of a channel', () => {
  it('is one object as long as they say the same', () => {
    expect(roleOf('1.1')).toBe(roleOf('1.1'))
    expect(roleOf('1.1')).not.toBe(roleOf('1.2'))
    expect(roleOf('1.1', 'a')).not.toBe(roleOf('1.1', 'b'))
  })

  it('is not kept when it is longer than any channel of Asterisk is', () => {
    const long = 'x'.repeat(300)
    expect(roleOf(long)).toEqual(roleOf(long))
    expect(roleOf(long)).not.toBe(roleOf(long))
  })
})
