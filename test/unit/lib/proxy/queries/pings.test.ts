import { describe, expect, it } from 'vitest'
import { nobody } from '../../../../../src/lib/proxy/answer-router.js'
import type { Requester } from '../../../../../src/lib/proxy/pending-actions.js'
import { kindOf } from '../../../../../src/lib/proxy/queries/query-actions.js'
import { QueryPool } from '../../../../../src/lib/proxy/queries/query-pool.js'

/** A pool before a server whose writes go out when they are told to, and clients that keep their answers. */
function setUp({ isOn = true } = {}) {
  const sent: { name: string; id: string; requester: Requester }[] = []
  const server = {
    name: 'pbx',
    writes: 0,
    send: (name: string, _lines: Buffer, id: Buffer | undefined, requester: Requester) =>
      void sent.push({ name, id: String(id), requester })
  }
  const pool = new QueryPool(() => isOn)
  const client = () => {
    const answers: string[] = []
    const requester = { ...nobody, inFlight: 1, receive: (block: Buffer) => void answers.push(block.toString()) }
    const send = (id: string, name = 'Ping') => {
      const lines = Buffer.from(`Action: ${name}\r\n`)
      pool.send(server, { kind: kindOf(name, lines), name, lines, id: Buffer.from(id) }, requester)
    }
    return { answers, send }
  }
  return { sent, server, pool, client }
}

const pong = (id: string) => `Response: Success\r\nActionID: ${id}\r\nPing: Pong\r\n\r\n`

describe('Pings of several clients', () => {
  it('that would go out in one write are one, and each gets its answer', () => {
    const { sent, pool, client } = setUp()
    const [ann, bob] = [client(), client()]
    ann.send('a')
    bob.send('b')
    expect(sent).toHaveLength(1)
    expect(pool.spared).toBe(1)
    sent[0]!.requester.receive(Buffer.from(pong(sent[0]!.id)))
    expect([ann.answers, bob.answers]).toEqual([[pong('a')], [pong('b')]])
  })

  it('measure the time: one that has gone out is joined by nobody', () => {
    const { sent, server, client } = setUp()
    const [ann, bob] = [client(), client()]
    ann.send('a')
    server.writes++
    bob.send('b')
    expect(sent.map(({ id }) => id)).toEqual(['a', 'b'])
  })

  it('keep the order of each client: behind an action of its own, and behind its last Ping, it is another one', () => {
    const { sent, client } = setUp()
    const [ann, bob] = [client(), client()]
    ann.send('a')
    bob.send('b1', 'DBPut')
    bob.send('b2')
    bob.send('b3')
    expect(sent.map(({ name }) => name)).toEqual(['Ping', 'DBPut', 'Ping', 'Ping'])
  })

  it('go out one by one where queries are not shared', () => {
    const { sent, client } = setUp({ isOn: false })
    client().send('a')
    client().send('b')
    expect(sent).toHaveLength(2)
  })
})
