import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Block } from '../../../../../src/lib/ami/block.js'
import { documentationText, sendLine, wrap } from '../../../../../src/lib/cli/documentation-text.js'
import { eventLine, LiveEvents } from '../../../../../src/lib/cli/shell/live-events.js'
import { tableColumns } from '../../../../../src/lib/cli/shell/table-columns.js'

const colors = { name: (text: string) => text, title: (text: string) => text, error: (text: string) => text }
const event = (text: string) => new Block(Buffer.from(text.replaceAll('\n', '\r\n')))
const hangup = event(
  'Event: Hangup\nPrivilege: call,all\nChannel: PJSIP/a-1\nChannelState: 6\nExten: \nCause: 16\nCause-txt: x\x1b[2J\n'
)

describe('an event as a line', () => {
  it('tells first what is its own, and shows escaped what a terminal would obey', () => {
    expect(eventLine(hangup, 200, colors)).toBe('* Hangup Channel=PJSIP/a-1 Cause=16 Cause-txt=x\\x1b[2J ChannelState=6')
  })

  it('is never as wide as the terminal', () => {
    for (let width = 4; width < 80; width++) expect(eventLine(hangup, width, colors).length).toBeLessThan(width)
  })
})

describe('live events', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const live = (isOn = true) => {
    const lines: string[] = []
    return { lines, events: new LiveEvents((text) => lines.push(text), { width: () => 80, colors }, isOn) }
  }

  it('are at most twenty a second; the others are counted', () => {
    const { lines, events } = live()
    for (let index = 0; index < 50; index++) events.push(hangup)
    expect(lines).toHaveLength(20)
    vi.advanceTimersByTime(1_000)
    expect(lines[20]).toContain('… 30 more events')
    events.push(hangup)
    expect(lines).toHaveLength(22)
  })

  it('are muted, selected and paused; the last of each name is kept all the same', () => {
    const { lines, events } = live(false)
    events.push(hangup)
    expect({ lines, last: events.last('HANGUP') }).toEqual({ lines: [], last: hangup })
    events.isOn = true
    events.select({ matches: (valuesOf) => valuesOf('cause').includes('17'), text: 'Cause=17' })
    events.push(hangup)
    expect({ lines, state: events.state }).toEqual({ lines: [], state: 'on, filter Cause=17' })
    events.select(undefined)
    events.paused = true
    events.push(hangup)
    expect(lines).toEqual([])
  })
})

describe('the columns of a list', () => {
  const rows = [
    {
      Event: 'CoreShowChannel',
      ActionID: '1',
      Uniqueid: '1700000000.1',
      Channel: 'PJSIP/a-1',
      ChannelStateDesc: 'Up',
      Context: ''
    },
    {
      Event: 'CoreShowChannel',
      ActionID: '1',
      Uniqueid: '1700000000.2',
      Channel: 'PJSIP/b-1',
      ChannelStateDesc: 'Ring',
      Context: ''
    }
  ]

  it('are whole ones that fit, the telling first, none that is empty', () => {
    expect(tableColumns(rows, 80)).toEqual({ columns: ['Channel', 'ChannelStateDesc', 'Uniqueid'], leftOut: 0 })
    expect(tableColumns(rows, 30)).toEqual({ columns: ['Channel', 'ChannelStateDesc'], leftOut: 1 })
    expect(tableColumns(rows, 1).columns).toEqual(['Channel'])
  })
})

describe('documentation as text', () => {
  const documentation = {
    kind: 'action' as const,
    name: 'A\x1b',
    source: 'server' as const,
    description: 'one\x07\ntwo',
    privilege: ['call', 'all'],
    fields: [
      { name: 'Channel', required: true, text: 'word '.repeat(40).trim() },
      { name: 'Tone', required: false, values: ['no', 'yes'] }
    ]
  }

  it('fits the terminal, marks what is required, and shows escaped what it would obey', () => {
    const text = documentationText(documentation, { width: 60, colors })
    expect(text).toContain('A\\x1b')
    expect(text).toContain('one\\x07\ntwo')
    expect(text).toMatch(/^ {2}Channel\* {2}word/m)
    expect(text).toContain('One of no, yes.')
    expect(text).toContain('needs call')
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60)
  })

  it('has an example that a shell takes as it is, and no secret in it', () => {
    expect(
      sendLine('X', [
        ['A', "it's"],
        ['Secret', 's'],
        ['B', 'PJSIP/a']
      ])
    ).toBe("pbxkit ami send X -F 'A=it'\\''s' -F B=PJSIP/a")
    expect(wrap('a bb ccc', 4)).toEqual(['a bb', 'ccc'])
  })
})
