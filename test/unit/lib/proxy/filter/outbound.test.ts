import { describe, expect, it } from 'vitest'
import { Block } from '../../../../../src/lib/ami/block.js'
import { applyOutbound, type FilterLocal } from '../../../../../src/lib/proxy/filter/outbound.js'
import type { FilterColumns } from '../../../../../src/lib/proxy/user-options.js'

const block = (...lines: string[]) => new Block(Buffer.from(lines.map((line) => `${line}\r\n`).join('')), 'client')

function apply(lines: string[], columns: Partial<FilterColumns>, filterLocal: FilterLocal = 'off'): string {
  const result = applyOutbound(block(...lines), { moreEvents: false, only: [], noVar: false, ...columns }, { filterLocal })
  return 'refused' in result ? result.refused : result.block.bytes.toString()
}

const text = (...lines: string[]) => lines.map((line) => `${line}\r\n`).join('')
const originate = (...lines: string[]) => ['Action: Originate', ...lines]

describe('channel, on actions', () => {
  it.each(['PJSIP/10', 'pjsip/10'])('an Originate of %s passes', (channel) => {
    const lines = originate(`Channel: ${channel}`, 'Exten: 1')
    expect(apply(lines, { channel: 'PJSIP/10' })).toBe(text(...lines))
  })

  it.each(['PJSIP/100', 'PJSIP/10-2', 'PJSIP/10/sip:1@example.com', 'PJSIP/10@trunk', 'Local/10@any', '\x01PJSIP/11'])(
    'an Originate of %s is refused',
    (channel) => {
      expect(apply(originate(`Channel: ${channel}`), { channel: 'PJSIP/10' })).toBe(
        'Action Filtered: another channel than PJSIP/10'
      )
    }
  )

  it('a trailing * is a plain beginning', () => {
    expect(apply(originate('Channel: PJSIP/100'), { channel: 'PJSIP/10*' })).toBe(text(...originate('Channel: PJSIP/100')))
  })

  it.each([
    ['Redirect', 'Channel: PJSIP/10-0000002f', 'ExtraChannel: PJSIP/11-00000030'],
    ['Bridge', 'Channel1: PJSIP/10-0000002f', 'Channel2: PJSIP/11-00000030'],
    ['Hangup', 'Channel: PJSIP/10-1', 'channel: /^PJSIP/'],
    ['QueueAdd', 'Queue: x', 'Interface: PJSIP/11']
  ])('%s on another channel too is refused', (action, first, second) => {
    expect(apply([`Action: ${action}`, first], { channel: 'PJSIP/10' })).toBe(text(`Action: ${action}`, first))
    expect(apply([`Action: ${action}`, first, second], { channel: 'PJSIP/10' })).toMatch(/^Action Filtered: another channel/)
  })
})

describe('out_context', () => {
  const columns = { outContext: 'office' }

  it('passes the context, case counting', () => {
    const lines = originate('Channel: PJSIP/10', 'Context: office')
    expect(apply(lines, columns)).toBe(text(...lines))
    expect(apply(originate('Context: Office'), columns)).toMatch(/^Action Filtered: another context/)
  })

  it.each([
    [['Action: Redirect', 'Context: office', 'ExtraContext: other']],
    [originate('Context: office', 'Context: other')],
    [originate('Application: System', 'Data: x')],
    [['Action: Command', 'Command: channel originate Local/1@other application Wait']],
    [['Action: command', 'Command: core show version']],
    [originate('Channel: Local/1@other', 'Context: office')],
    [originate('Channel: Local/1', 'Context: office')],
    [originate('Channel: Local/1@office@other', 'Context: office')],
    [originate('Channel: Local/1/n@office', 'Context: office')]
  ])('refuses %j', (lines) => {
    expect(apply(lines, columns)).toMatch(/^Action Filtered: /)
  })

  it('lets actions without any context pass, and Local channels of that context', () => {
    expect(apply(['Action: Ping'], columns)).toBe(text('Action: Ping'))
    const lines = originate('Channel: Local/1@office/n', 'Context: office')
    expect(apply(lines, columns)).toBe(text(...lines))
  })
})

describe('filterlocal', () => {
  const columns = { channel: 'PJSIP/10', outContext: 'office' }
  const local = (channel: string) => originate(`Channel: ${channel}`, 'Context: office')

  it.each<[FilterLocal, string, string | RegExp]>([
    ['off', 'Local/1@office', /^Action Filtered/],
    ['allow', 'Local/1@other', 'Local/1@other'],
    ['allowwith', 'Local/1@office/n', 'Local/1@office/n'],
    ['allowwith', 'Local/1@other', /^Action Filtered/],
    ['allowwith', 'Local/1', /^Action Filtered/],
    ['enforce', 'Local/1@other/n', 'Local/1@office/n'],
    ['enforce', 'local/1', 'Local/1@office'],
    ['enforce', 'Local/1@other/n@x', /^Action Filtered/],
    ['allow', 'PJSIP/11', /^Action Filtered/],
    ['enforce', 'PJSIP/11', /^Action Filtered/]
  ])('%s: %s', (filterLocal, channel, expected) => {
    const result = apply(local(channel), columns, filterLocal)
    if (typeof expected === 'string') expect(result).toBe(text(...local(expected)))
    else expect(result).toMatch(expected)
  })

  it('makes an exception for Originate only', () => {
    expect(apply(['Action: Hangup', 'Channel: Local/1@office-0001;1'], columns, 'allow')).toMatch(/^Action Filtered/)
  })

  it.each<FilterLocal>(['allowwith', 'enforce'])('%s without an out_context refuses', (filterLocal) => {
    expect(apply(local('Local/1@office'), { channel: 'PJSIP/10' }, filterLocal)).toMatch(/^Action Filtered/)
  })
})

describe('account, on actions', () => {
  it('is added to an Originate, and takes the place of every one it has', () => {
    expect(apply(originate('Channel: PJSIP/10'), { account: 'dave' })).toBe(
      text(...originate('Channel: PJSIP/10', 'Account: dave'))
    )
    expect(apply(originate('account: x', 'AccountCode: y', 'Account: z', 'Exten: 1'), { account: 'dave' })).toBe(
      text(...originate('account: dave', 'AccountCode: dave', 'Account: dave', 'Exten: 1'))
    )
  })

  it('is overwritten in other actions, and not added', () => {
    expect(apply(['Action: X', 'Account: y'], { account: 'dave' })).toBe(text('Action: X', 'Account: dave'))
    expect(apply(['Action: Ping'], { account: 'dave' })).toBe(text('Action: Ping'))
  })

  it('cannot be set by a variable instead', () => {
    expect(apply(originate('Variable: a=b,CHANNEL(accountcode)=x'), { account: 'dave' })).toMatch(/^Action Filtered/)
    expect(apply(['Action: Setvar', 'Variable: CHANNEL( accountcode)'], { account: 'dave' })).toMatch(/^Action Filtered/)
  })

  it('leaves bytes that are no UTF-8 as they are', () => {
    const bytes = Buffer.from('Action: Originate\r\nCallerID: \xff\xfe\r\n', 'latin1')
    const result = applyOutbound(
      new Block(bytes, 'client'),
      { account: 'dave', moreEvents: false, only: [], noVar: false },
      { filterLocal: 'off' }
    )
    expect('block' in result && result.block.bytes.subarray(0, bytes.length).equals(bytes)).toBe(true)
  })
})

it('without columns an action passes as the same block', () => {
  const action = block('Action: Originate', 'Channel: PJSIP/11')
  expect(applyOutbound(action, { moreEvents: false, only: ['cdr'], noVar: true }, { filterLocal: 'off' })).toEqual({
    block: action
  })
})
