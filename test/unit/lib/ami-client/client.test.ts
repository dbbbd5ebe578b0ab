import { describe, expect, it, onTestFinished } from 'vitest'
import type { Block } from '../../../../src/lib/ami/block.js'
import { AmiClient, type ClientOptions } from '../../../../src/lib/ami-client/client.js'
import { ConnectionLostError, DataError, ProtocolError, TimeoutError, UnsafeHeaderError } from '../../../../src/lib/errors.js'
import { type ScriptedConnection, scriptedServer } from '../../support/scripted-server.js'

const soon = { timeoutMs: 5000 }

/** A client that is logged in to a server which then plays the script. */
async function connected(
  script: (connection: ScriptedConnection) => unknown,
  other: Partial<ClientOptions> = {}
): Promise<AmiClient> {
  const server = await scriptedServer(async (connection) => {
    await connection.acceptLogin()
    await script(connection)
  })
  const client = await AmiClient.open({
    connect: { host: '127.0.0.1', port: server.port, timeoutMs: 5000 },
    credentials: { username: 'admin', secret: 'yoyodyne11', auth: 'md5', events: 'on' },
    timeoutMs: 5000,
    ...other
  })
  onTestFinished(() => client.close())
  return client
}

/** Collects so many events. */
function eventSink(count: number): { onEvent: (event: Block) => void; all: Promise<string[]> } {
  const names: string[] = []
  let done!: (names: string[]) => void
  const all = new Promise<string[]>((resolve) => (done = resolve))
  const onEvent = (event: Block) => {
    names.push(event.get('Event')!)
    if (names.length === count) done(names)
  }
  return { onEvent, all }
}

describe('AmiClient answers', () => {
  it('sends the action first, then an ActionID of its own', async () => {
    const client = await connected(async (connection) => {
      const block = await connection.next()
      connection.say(
        `Response: Success\nActionID: ${block.get('ActionID')}\nOrder: ${block.headers.map(({ name }) => name).join(' ')}`
      )
    })
    const { response } = await client.send(
      [
        ['Action', 'Hangup'],
        ['Channel', 'x']
      ],
      soon
    )
    expect(response.get('Order')).toBe('Action ActionID Channel')
  })

  it('leaves an ActionID of the caller as it is', async () => {
    const client = await connected(async (connection) => {
      const block = await connection.next()
      connection.say(`Response: Success\nActionID: action/uuid/1/2\nSent: ${block.getAll('ActionID').join('|')}`)
    })
    const { response } = await client.send(
      [
        ['Action', 'Ping'],
        ['actionid', 'action/uuid/1/2']
      ],
      soon
    )
    expect(response.get('Sent')).toBe('action/uuid/1/2')
  })

  it('gives each of 50 parallel actions its own answer, in whatever order they come', async () => {
    const client = await connected(async (connection) => {
      const blocks: Block[] = []
      while (blocks.length < 50) blocks.push(await connection.next())
      const shuffled = blocks.map((block, i) => ({ block, key: (i * 37) % 50 })).sort((a, b) => a.key - b.key)
      for (const { block } of shuffled)
        connection.say(`Response: Success\nActionID: ${block.get('ActionID')}\nValue: ${block.get('Variable')}`)
    })
    const names = Array.from({ length: 50 }, (_, i) => `v${i}`)
    const answers = await Promise.all(
      names.map((name) =>
        client.send(
          [
            ['Action', 'Getvar'],
            ['Variable', name]
          ],
          soon
        )
      )
    )
    expect(answers.map(({ response }) => response.get('Value'))).toEqual(names)
  })

  it('collects a list, and leaves the events between its items to onEvent', async () => {
    const { onEvent, all } = eventSink(2)
    const client = await connected(
      async (connection) => {
        const id = (await connection.next()).get('ActionID')
        connection.say(`Response: Success\nActionID: ${id}\nEventList: start\nMessage: Channel status will follow`)
        connection.say(`Event: Status\nActionID: ${id}\nChannel: a`)
        connection.say('Event: Newchannel\nPrivilege: call,all')
        connection.say('Event: Hangup\nActionID: of-another')
        connection.say(`Event: Status\nActionID: ${id}\nChannel: b`)
        connection.say(`Event: StatusComplete\nActionID: ${id}\nEventList: Complete\nListItems: 2`)
      },
      { onEvent }
    )
    const answer = await client.send([['Action', 'Status']], soon)
    expect(answer.items.map((item) => item.get('Channel'))).toEqual(['a', 'b'])
    expect(answer.complete?.get('ListItems')).toBe('2')
    expect(await all).toEqual(['Newchannel', 'Hangup'])
  })

  it('gives an answer without ActionID to the oldest action', async () => {
    const client = await connected(async (connection) => {
      await connection.next()
      const behind = await connection.next()
      const second = await connection.next()
      connection.say('Response: Success\nFor: oldest')
      connection.say(`Response: Success\nActionID: ${behind.get('ActionID')}\nPing: Pong`)
      connection.say(`Response: Success\nActionID: ${second.get('ActionID')}\nFor: second`)
    })
    const answers = await Promise.all([client.send([['Action', 'IAXnetstats']], soon), client.send([['Action', 'Ping']], soon)])
    expect(answers.map(({ response }) => response.get('For'))).toEqual(['oldest', 'second'])
  })

  it('takes an answer that is nothing for empty, when the Ping that it sent behind the action is answered', async () => {
    const client = await connected(async (connection) => {
      await connection.next()
      const behind = await connection.next()
      expect(behind.get('Action')).toBe('Ping')
      expect(behind.get('Server')).toBe('pbx-b')
      connection.raw('\r\n')
      connection.say(`Response: Success\nActionID: ${behind.get('ActionID')}\nPing: Pong`)
    })
    const fields = [
      ['Action', 'IAXnetstats'],
      ['Server', 'pbx-b']
    ] as const
    const { response, items } = await client.send(fields, soon)
    expect({ headers: response.headers, items }).toEqual({ headers: [], items: [] })
  })

  it('answers actions that share an ActionID in the order in which they were sent', async () => {
    const client = await connected(async (connection) => {
      for (let i = 0; i < 2; i++) {
        const block = await connection.next()
        connection.say(`Response: Success\nActionID: 1\nFor: ${block.get('Action')}`)
      }
    })
    const send = (action: string) =>
      client.send(
        [
          ['Action', action],
          ['ActionID', '1']
        ],
        soon
      )
    const answers = await Promise.all([send('Ping'), send('CoreStatus')])
    expect(answers.map(({ response }) => response.get('For'))).toEqual(['Ping', 'CoreStatus'])
  })

  it('takes the text of a Response: Follows for the answer, whatever lines it has', async () => {
    const client = await connected(async (connection) => {
      const id = (await connection.next()).get('ActionID')
      connection.raw(
        `Response: Follows\r\nPrivilege: Command\r\nActionID: ${id}\r\nEvent: x\n\nMessage: y\n--END COMMAND--\r\n\r\n`
      )
    })
    const { response } = await client.send([['Action', 'Command']], soon)
    expect(response.bytes.toString()).toContain('Message: y\n')
  })

  it('rejects an action that is not answered in time, and passes its late answer by', async () => {
    const client = await connected(async (connection) => {
      const late = await connection.next()
      const ping = await connection.next()
      connection.say(`Response: Success\nActionID: ${late.get('ActionID')}\nFor: late`)
      connection.say(`Response: Success\nActionID: ${ping.get('ActionID')}\nFor: ping`)
    })
    const late = client.send([['Action', 'Getvar']], { timeoutMs: 20 })
    await expect(late).rejects.toThrow(TimeoutError)
    await expect(late).rejects.toThrow(/did not answer Getvar within 0.02 s/)
    const { response } = await client.send([['Action', 'Ping']], soon)
    expect(response.get('For')).toBe('ping')
  })

  it('sends nothing that is unsafe or no action', async () => {
    const client = await connected(() => {})
    await expect(async () => client.send([['ActionID', '1']], soon)).rejects.toThrow(DataError)
    await expect(async () => client.send([['Action', 'Ping\r\nAction: Evil']], soon)).rejects.toThrow(UnsafeHeaderError)
  })
})

describe('AmiClient events', () => {
  it('come to onEvent, also those that came along with the login', async () => {
    const { onEvent, all } = eventSink(3)
    await connected(
      (connection) => {
        for (const name of ['FullyBooted', 'Newchannel', 'Hangup']) connection.say(`Event: ${name}`)
      },
      { onEvent }
    )
    expect(await all).toEqual(['FullyBooted', 'Newchannel', 'Hangup'])
  })

  it('with the ActionID of an answered action are events: OriginateResponse', async () => {
    const { onEvent, all } = eventSink(1)
    const client = await connected(
      async (connection) => {
        const id = (await connection.next()).get('ActionID')
        connection.say(`Event: OriginateResponse\nActionID: ${id}`)
        connection.say(`Response: Success\nActionID: ${id}\nMessage: Originate successfully queued`)
      },
      { onEvent }
    )
    const answer = await client.send([['Action', 'Originate']], soon)
    expect(answer.items).toEqual([])
    expect(await all).toEqual(['OriginateResponse'])
  })

  it('end a wait when they match', async () => {
    const client = await connected(async (connection) => {
      await connection.next()
      connection.say('Event: Hangup\nChannel: a')
      connection.say('Event: Hangup\nChannel: b')
    })
    const hangup = client.waitFor((event) => event.get('Channel') === 'b', { ...soon, what: 'Hangup' })
    client.send([['Action', 'Ping']], soon).catch(() => {})
    expect((await hangup).get('Channel')).toBe('b')
  })

  it('that do not come end a wait with TimeoutError', async () => {
    const client = await connected(() => {})
    await expect(client.waitFor(() => true, { timeoutMs: 20, what: 'Hangup' })).rejects.toThrow(
      /^No event Hangup came within 0.02 s/
    )
  })
})

describe('AmiClient, when the connection is lost', () => {
  it('rejects every action in flight and every wait with ConnectionLostError, and ends', async () => {
    const client = await connected(async (connection) => {
      for (let i = 0; i < 20; i++) await connection.next()
      connection.socket.resetAndDestroy()
    })
    const pending = [
      ...Array.from({ length: 20 }, () => client.send([['Action', 'Ping']], soon)),
      client.waitFor(() => true, { ...soon, what: 'any' })
    ]
    const results = await Promise.allSettled(pending)
    expect(results.map((result) => result.status === 'rejected' && result.reason)).toEqual(
      results.map(() => expect.any(ConnectionLostError))
    )
    await expect(client.closed).rejects.toThrow(ConnectionLostError)
    await expect(client.send([['Action', 'Ping']], soon)).rejects.toThrow(ConnectionLostError)
    await expect(client.waitFor(() => true, { ...soon, what: 'any' })).rejects.toThrow(ConnectionLostError)
  })

  it('gives the reason when the server breaks the protocol', async () => {
    let down: Error | undefined
    const client = await connected(
      async (connection) => {
        await connection.next()
        connection.raw('x'.repeat(70_000))
      },
      { onDown: (error) => (down = error) }
    )
    await expect(client.send([['Action', 'Ping']], soon)).rejects.toThrow(/A header is longer than 65536 bytes/)
    await expect(client.closed).rejects.toMatchObject({ cause: expect.any(ProtocolError) })
    expect(down).toBeInstanceOf(ProtocolError)
  })

  it('gives up a server that has fallen silent, when it is to be kept alive', async () => {
    const actions: (string | undefined)[] = []
    const client = await connected(
      async (connection) => {
        for (;;) actions.push((await connection.next()).get('Action'))
      },
      { keepAliveMs: 20 }
    )
    await expect(client.closed).rejects.toThrow(/was silent for/)
    expect(actions).toEqual(['Ping'])
  })
})

describe('AmiClient.close', () => {
  it('logs off, rejects what is in flight, and resolves closed', async () => {
    let loggedOff!: (action: string | undefined) => void
    const last = new Promise((resolve) => (loggedOff = resolve))
    const client = await connected(async (connection) => {
      await connection.next()
      loggedOff((await connection.next()).get('Action'))
      connection.say('Response: Goodbye')
      connection.socket.end()
    })
    const ping = client.send([['Action', 'Ping']], soon)
    client.close()
    await expect(ping).rejects.toThrow('The client was closed')
    expect(await last).toBe('Logoff')
    await client.closed
  })

  it('does not wait for a server that stays', async () => {
    const client = await connected(() => {})
    client.close()
    await client.closed
  })
})
