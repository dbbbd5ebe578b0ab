import { describe, expect, it } from 'vitest'
import type { ProxyOptions } from '../../../../src/lib/proxy/options.js'
import { startPair } from './support/proxy.js'
import { fullyBooted, type Script } from './support/scripted-server.js'

const success = (id: string, more = '') => `Response: Success\r\nActionID: ${id}\r\n${more}\r\n`

describe('a server that is none', () => {
  const cases: [how: string, script: Script, reason: RegExp, options?: Partial<ProxyOptions>][] = [
    ['an SSH server', { banner: 'SSH-2.0-OpenSSH_9.2\r\n' }, /does not speak AMI; it began with "SSH-2\.0/],
    ['a web server', { banner: 'HTTP/1.1 400 Bad Request\r\n\r\n' }, /does not speak AMI; it began with "HTTP/],
    ['binary noise', { banner: '\x00\x01\x02\xff\xfe\r\n' }, /does not speak AMI/],
    ['an endless first line', { banner: 'x'.repeat(200_000) }, /header is longer than 65536 bytes/],
    [
      'an endless block',
      { banner: `Asterisk Call Manager/11.0.0\r\n${'A: 1\r\n'.repeat(200_000)}` },
      /block is longer than 1048576 bytes/
    ],
    ['one that closes at once', { onConnect: (socket) => void socket.destroy() }, /closed the connection|broke during the login/],
    ['one that never says anything', { onConnect: () => {} }, /sent no AMI banner within 0.05 s/, { serverTimeoutMs: 50 }],
    [
      'one that refuses the login',
      {
        onConnect: (socket) =>
          void socket.end('Asterisk Call Manager/11.0.0\r\nResponse: Error\r\nMessage: Authentication failed\r\n\r\n')
      },
      /refused the login of "proxy": Authentication failed/
    ]
  ]
  for (const [how, script, reason, options] of cases) {
    it(`(${how}) is tried again, and clients are told why it is not there`, async () => {
      const { proxy, server } = await startPair(script, options)
      const client = await proxy.login({ events: 'off' })
      await server.until(() => server.connections >= 3)
      const answer = await client.ask('Action: Ping\r\n', '1')
      expect(answer).toMatch(/^Response: Error\r\nActionID: 1\r\nMessage: No server is connected: pbx: /)
      expect(answer).toMatch(reason)
      expect(answer).not.toContain('upstream-secret')
      const warning = proxy.log.find(({ message }) => message === 'server not connected')!
      expect(warning.fields.reason).toMatch(reason)
      expect(client.blocks).toHaveLength(1)
    })
  }
})

describe('a server that sends what nobody expects', () => {
  it('byte per byte, changes nothing', async () => {
    const { proxy } = await startPair({
      onConnect: (socket) => {
        socket.setNoDelay(true)
        const drip = async (text: string) => {
          for (const byte of Buffer.from(text)) {
            socket.write(Buffer.from([byte]))
            await new Promise((resolve) => setImmediate(resolve))
          }
        }
        let step = drip('Asterisk Call Manager/11.0.0\r\n')
        socket.on('error', () => {})
        socket.on('data', (chunk) => {
          const id = /ActionID: (.*)\r/.exec(chunk.toString())?.[1] ?? ''
          const login = chunk.includes('Action: Login')
          step = step.then(() =>
            drip(success(id, login ? 'Message: Authentication accepted\r\n' : 'Ping: Pong\r\n') + (login ? fullyBooted : ''))
          )
        })
      }
    })
    const client = await proxy.login()
    expect(await client.ask('Action: Ping\r\n', '1')).toBe('Response: Success\r\nActionID: 1\r\nPing: Pong\r\n')
  })

  it('an answer over the limit becomes an error for its requester; the stream goes on', async () => {
    const limits = { maxHeaderBytes: 64 * 1024, maxBlockBytes: 20_000 }
    const { proxy, server } = await startPair({ onAction: () => {} }, { limits })
    const [ann, bob] = [await proxy.login(), await proxy.login()]
    ann.send('Action: Command\r\nActionID: big\r\n\r\n')
    bob.send('Action: Ping\r\nActionID: small\r\n\r\n')
    const actions = await server.take(2)
    const idOf = (name: string) => actions.find((action) => action.name === name)!.id
    server.emit(success(idOf('Command'), 'Output: some text\r\n'.repeat(20_000)))
    server.emit(success(idOf('Ping'), 'Ping: Pong\r\n'))
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\n\r\n')
    await ann.block('Event: Hangup')
    await bob.block('Event: Hangup')
    expect(ann.blocks[0]).toBe(
      'Response: Error\r\nActionID: big\r\nMessage: The answer of server pbx is longer than 20000 bytes\r\n'
    )
    expect(ann.blocks).toHaveLength(2)
    expect(bob.blocks[0]).toBe('Response: Success\r\nActionID: small\r\nPing: Pong\r\n')
    expect(server.connections).toBe(1)
  })

  it('an event over the limit is left out, and nobody gets half of it', async () => {
    const { proxy, server } = await startPair({}, { limits: { maxHeaderBytes: 64 * 1024, maxBlockBytes: 20_000 } })
    const client = await proxy.login()
    server.emit(`Event: A\r\n\r\nEvent: Big\r\nText: ${'x'.repeat(400_000)}\r\n\r\nEvent: B\r\n\r\n`)
    await client.block('Event: B')
    expect(client.blocks.map((block) => block.slice(0, 50))).toEqual(['Event: A\r\n', 'Event: B\r\n'])
    expect(proxy.log.some(({ message }) => message === 'a block over the limit was skipped')).toBe(true)
  })

  it('text in an event that looks like a response, or like our ActionIDs, is still an event for all', async () => {
    const { proxy, server } = await startPair({ onAction: () => {} })
    const [ann, bob] = [await proxy.login(), await proxy.login()]
    ann.send('Action: Ping\r\nActionID: 1\r\n\r\n')
    const { id } = await server.takeFirst()
    const tricky = `Event: UserEvent\r\nPrivilege: user,all\r\nText: Response: Success ${id}\r\nResponse: Success\r\n\r\n`
    server.emit(tricky)
    for (const client of [ann, bob]) {
      await client.block('UserEvent')
      expect(client.received).toBe(tricky)
    }
    server.emit(success(id, 'Ping: Pong\r\n'))
    expect(await ann.block('Pong')).toContain('ActionID: 1')
  })
})
