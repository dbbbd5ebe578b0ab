import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../../src/lib/ami/answer.js'
import { Block } from '../../../../src/lib/ami/block.js'
import { FieldValues } from '../../../../src/lib/ami-shell/field-values.js'
import type { Ask } from '../../../../src/lib/ami-shell/server-catalog.js'

const lists: Record<string, string[]> = {
  CoreShowChannels: ['Channel: PJSIP/b-1', 'Channel: PJSIP/a-1', 'Channel: PJSIP/a-1', 'Channel: x\x1b[2J'],
  PJSIPShowEndpoints: ['ObjectName: alice'],
  QueueStatus: ['Location: Local/1@q', 'Queue: support'],
  ShowDialPlan: ['Context: default']
}

function server() {
  const asked: string[] = []
  const ask: Ask = async (fields) => {
    asked.push(fields.map(([name, value]) => `${name}=${value}`).join(' '))
    const items = lists[fields[0]![1]]
    if (!items) throw new Error('Permission denied')
    return {
      action: '',
      response: new Block(Buffer.alloc(0)),
      items: items.map((text) => new Block(Buffer.from(`${text}\r\n`))),
      cancelled: false
    } as Answer
  }
  return { ask, asked }
}

describe('values of fields', () => {
  it('are what the server lists, once each, without what a terminal would obey', async () => {
    const values = new FieldValues(server().ask)
    expect(await values.valuesFor('Hangup', 'channel', [])).toEqual(['PJSIP/a-1', 'PJSIP/b-1'])
  })

  it('of a new call are the endpoints to be called, of a queue its members, too', async () => {
    const { ask, asked } = server()
    const values = new FieldValues(ask)
    expect(await values.valuesFor('Originate', 'Channel', [])).toEqual(['PJSIP/alice'])
    expect(await values.valuesFor('QueueAdd', 'Interface', [['Queue', 'support']])).toEqual(['Local/1@q', 'PJSIP/alice'])
    expect(asked).toEqual(['Action=PJSIPShowEndpoints', 'Action=QueueStatus Queue=support'])
  })

  it('are asked for again after five seconds, not before', async () => {
    let now = 0
    const { ask, asked } = server()
    const values = new FieldValues(ask, () => now)
    for (now of [0, 4_999, 5_000, 9_000]) await values.valuesFor('Hangup', 'Channel', [])
    expect(asked).toHaveLength(2)
  })

  it('are none where the server does not say, or nothing is known of the field', async () => {
    const values = new FieldValues(server().ask)
    expect(await values.valuesFor('BridgeInfo', 'BridgeUniqueid', [])).toEqual([])
    expect(await values.valuesFor('Ping', 'constructor', [])).toEqual([])
    expect(await values.valuesFor('Originate', 'Async', [])).toEqual(['true', 'false'])
  })
})
