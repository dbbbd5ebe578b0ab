import { describe, expect, it } from 'vitest'
import { Block } from '../../../../src/lib/ami/block.js'
import { type ForwardPlan, LastPlan } from '../../../../src/lib/proxy/forward-plan.js'
import { type ProxyOptions, proxyDefaults } from '../../../../src/lib/proxy/options.js'
import { Rights } from '../../../../src/lib/proxy/rights/rights.js'
import { plainUser } from '../../../../src/lib/proxy/user-options.js'

const rights = new Rights(plainUser('bill', 'x'))
const options = { ...proxyDefaults } as unknown as ProxyOptions
const plan: ForwardPlan = {
  action: 'Ping',
  kind: 'ping',
  lines: Buffer.from('Action: Ping\r\n'),
  server: undefined,
  fields: undefined
}
const block = (text: string) => new Block(Buffer.from(text, 'latin1'), 'client')

function remembered(text = 'Action: Ping\r\nActionID: 1\r\nX: y\r\n', grounds = { rights, options }): LastPlan {
  const last = new LastPlan()
  last.remember(block(text), plan, grounds)
  return last
}

describe('the last plan of a client', () => {
  it('is that of an action which differs in its ActionID only', () => {
    for (const id of ['1', '', 'a much longer one', 'a:b', '\x01\xff'])
      expect(remembered().recall(block(`Action: Ping\r\nActionID: ${id}\r\nX: y\r\n`), { rights, options }), id).toBe(plan)
  })

  it.each([
    ['another header behind', 'Action: Ping\r\nActionID: 2\r\nX: z\r\n'],
    ['another action', 'Action: Pong\r\nActionID: 2\r\nX: y\r\n'],
    ['one header less', 'Action: Ping\r\nActionID: 2\r\n'],
    ['one header more', 'Action: Ping\r\nActionID: 2\r\nCommand: x\r\nX: y\r\n'],
    ['a bare LF in the ActionID', 'Action: Ping\r\nActionID: 2\nCommand: x\r\nX: y\r\n'],
    ['a bare CR in the ActionID', 'Action: Ping\r\nActionID: 2\rCommand: x\r\nX: y\r\n'],
    ['a NUL in the ActionID', 'Action: Ping\r\nActionID: 2\0\r\nX: y\r\n'],
    ['ends that overlap', 'Action: Ping\r\nX: y\r\n']
  ])('is not that of one with %s', (_, text) => {
    expect(remembered().recall(block(text), { rights, options })).toBeUndefined()
  })

  it('holds as long as rights and options are the same', () => {
    const again = block('Action: Ping\r\nActionID: 2\r\nX: y\r\n')
    expect(remembered().recall(again, { rights: new Rights(plainUser('bill', 'x')), options })).toBeUndefined()
    expect(remembered().recall(again, { rights, options: { ...options } })).toBeUndefined()
  })

  it('is none where rules may ask for the ActionID, or a dry run logs each action', () => {
    const text = 'Action: Ping\r\nActionID: 1\r\n'
    for (const more of [{ allow: ['Ping ActionID=1'] }, { deny: ['Originate'] }, { dryRun: true }]) {
      const ruled = new Rights({ ...plainUser('bill', 'x'), ...more })
      expect(remembered(text, { rights: ruled, options }).recall(block(text), { rights: ruled, options })).toBeUndefined()
    }
  })
})
