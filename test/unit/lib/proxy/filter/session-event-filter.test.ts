import { describe, expect, it } from 'vitest'
import { Block } from '../../../../../src/lib/ami/block.js'
import { EventMask } from '../../../../../src/lib/ami/event-mask.js'
import type { EventBatch } from '../../../../../src/lib/proxy/event-batch.js'
import { FanOut, type Subscriber } from '../../../../../src/lib/proxy/fan-out.js'
import type { EventFilter } from '../../../../../src/lib/proxy/filter/event-filter.js'
import { EventView } from '../../../../../src/lib/proxy/filter/event-view.js'
import { filterSourceOf, SessionEventFilter } from '../../../../../src/lib/proxy/filter/session-event-filter.js'
import { standardOutput } from '../../../../../src/lib/proxy/formats/standard.js'
import { Journal } from '../../../../../src/lib/proxy/journal.js'

function sessionWith(...patterns: string[]) {
  const session = new SessionEventFilter()
  for (const pattern of patterns)
    expect(session.add(new Block(Buffer.from(`Action: Filter\r\nOperation: Add\r\nFilter: ${pattern}\r\n`)))).toBeUndefined()
  return filterSourceOf(session.filter!)
}

const event = (bytes: string) => new EventView(Buffer.from(bytes), 'pbx')

describe('the event filters of sessions', () => {
  it('are one when their rules are the same, in whatever order they came: each event is looked at once', () => {
    const key = sessionWith('Event: A', '!b').key
    expect(sessionWith('!b', 'Event: A', '!b').key).toBe(key)
    expect(sessionWith('Event: A').key).not.toBe(key)
  })

  it('are applied once for all clients that have the same', () => {
    let applied = 0
    const counted = (...patterns: string[]) => {
      const { key, create } = sessionWith(...patterns)
      const apply: EventFilter['apply'] = (view) => {
        applied++
        return create().apply(view)
      }
      return { key, create: () => ({ apply }) }
    }
    const got: number[] = []
    const fanOut = new FanOut()
    for (let n = 0; n < 10; n++) {
      const subscriber = { outbox: { pushEvents: (bytes: Buffer) => void got.push(bytes.length) } } as unknown as Subscriber
      const filters = [n % 2 ? counted('Event: A', '!b') : counted('!b', 'Event: A')]
      fanOut.subscribe(subscriber, { mask: EventMask.all, filters, format: standardOutput, isSequenced: false })
    }
    const batch: EventBatch = new Journal(1000).append(Buffer.from('Event: A\r\n\r\n'), 'pbx')
    fanOut.deliver(batch)
    expect(got).toEqual(Array(10).fill(12))
    expect(applied).toBe(1)
  })
})

describe('an event as its server sent it', () => {
  it('has no Server: line of that server at its end', () => {
    expect(event('Event: A\r\nServer: pbx\r\n\r\n').asSent.bytes.toString()).toBe('Event: A\r\n\r\n')
  })

  for (const bytes of [
    'Event: A\r\n\r\n',
    'Event: A\r\nServer: other\r\n\r\n',
    'Event: A\r\nServer: pbx\r\nX: y\r\n\r\n',
    '\r\n\r\n'
  ]) {
    it(`is otherwise itself: ${JSON.stringify(bytes)}`, () => {
      const view = event(bytes)
      expect(view.asSent).toBe(view)
    })
  }
})
