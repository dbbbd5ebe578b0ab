import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningAsterisk, startAsterisk } from './servers/asterisk.js'
import type { AmiSocket } from './support/ami-socket.js'
import { describeLab } from './support/lab.js'
import { directTo, type RunningProxyTarget, startProxy, startProxyWith, unique } from './support/targets.js'

await describeLab('the proxy before two Asterisks', () => {
  let one: RunningAsterisk
  let two: RunningAsterisk
  let proxy: RunningProxyTarget
  const open: AmiSocket[] = []

  beforeAll(async () => {
    ;[one, two] = await Promise.all([
      startAsterisk({ name: 'one' }),
      // It can be told by its list of endpoints.
      startAsterisk({ name: 'two', files: { 'pjsip.conf': '' } })
    ])
    proxy = await startProxy({ 'pbx-one': one, 'pbx-two': two })
  })

  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy()
  })

  afterAll(async () => {
    await proxy?.service.stop()
    await Promise.all([one?.stop(), two?.stop()])
  })

  async function client(): Promise<AmiSocket> {
    const socket = await proxy.target.login()
    open.push(socket)
    return socket
  }

  /** Sets a global variable on the server itself, behind the proxy's back. */
  async function mark(asterisk: RunningAsterisk, name: string, value: string): Promise<void> {
    await asterisk.rx(`dialplan set global ${name} ${value}`)
  }

  describe('Server:', () => {
    for (const spelling of ['Server: pbx-two', 'server:PBX-TWO', 'SERVER :  pbx-two ']) {
      it(`"${spelling}" chooses a server, wherever it stands in the action`, async () => {
        const name = unique('WHO')
        await Promise.all([mark(one, name, '1'), mark(two, name, '2')])
        const socket = await client()
        for (const lines of [
          `Variable: ${name}\r\n${spelling}\r\nAction: Getvar\r\n`,
          `Action: Getvar\r\n${spelling}\r\nVariable: ${name}\r\n`
        ]) {
          const answer = await socket.ask(lines)
          expect(answer.headers.slice(2)).toEqual([
            ['Variable', name],
            ['Value', '2'],
            ['Server', 'pbx-two']
          ])
        }
      })
    }

    it('without it the first server answers, and the answer says so', async () => {
      const name = unique('WHO')
      await Promise.all([mark(one, name, '1'), mark(two, name, '2')])
      const answer = await (await client()).ask(`Action: Getvar\r\nVariable: ${name}\r\n`)
      expect([answer.get('Value'), answer.get('Server')]).toEqual(['1', 'pbx-one'])
    })

    it('is the last header of everything that comes from a server: answers, lists, events, FullyBooted', async () => {
      const socket = await client()
      const name = unique('call')
      for (const server of ['pbx-one', 'pbx-two']) {
        await socket.ask(`Action: Command\r\nCommand: core show version\r\nServer: ${server}\r\n`)
        const call = `Channel: Local/short@test\r\nApplication: Wait\r\nData: 1\r\nAsync: yes\r\nChannelId: ${name}${server}\r\nActionID: ${name}${server}\r\n`
        await socket.ask(`Action: Originate\r\n${call}Server: ${server}\r\n`)
        await socket.event({ Event: 'Hangup', Uniqueid: `${name}${server};2`, Server: server })
        await socket.event({ Event: 'OriginateResponse', ActionID: `${name}${server}`, Server: server })
        await socket.ask(`Action: PJSIPShowEndpoints\r\nServer: ${server}\r\n`)
        await socket.ask(`Action: CoreShowChannels\r\nServer: ${server}\r\nActionID: list${server}\r\n`)
        await socket.event({ Event: 'CoreShowChannelsComplete', ActionID: `list${server}` })
      }
      expect(socket.messages.length).toBeGreaterThan(20)
      for (const message of socket.messages.slice(1)) {
        expect(['pbx-one', 'pbx-two'], message.text).toContain(message.headers.at(-1)![1])
        expect(message.headers.at(-1)![0]).toBe('Server')
        expect(message.getAll('Server')).toHaveLength(1)
      }
    })

    it('one that is not configured is answered with an error that carries the ActionID, and goes to no server', async () => {
      const socket = await client()
      const name = unique('NOT')
      const answer = await socket.ask(
        `Action: Setvar\r\nVariable: ${name}\r\nValue: 1\r\nServer: pbx-three\r\nActionID: ${name}\r\n`
      )
      expect(answer.headers).toEqual([
        ['Response', 'Error'],
        ['ActionID', name],
        ['Message', 'Server pbx-three is not configured; there are: pbx-one, pbx-two']
      ])
      for (const server of ['pbx-one', 'pbx-two']) {
        expect((await socket.ask(`Action: Getvar\r\nVariable: ${name}\r\nServer: ${server}\r\n`)).get('Value')).toBe('')
      }
    })

    it('two clients with one ActionID on two servers get their own answers', async () => {
      const [a, b] = await Promise.all([client(), client()])
      const endpoints = (socket: AmiSocket, server: string) =>
        socket.write(`Action: PJSIPShowEndpoints\r\nActionID: same\r\nServer: ${server}\r\n\r\n`.repeat(10))
      endpoints(a!, 'pbx-one')
      endpoints(b!, 'pbx-two')
      await Promise.all([a!, b!].map((socket, n) => socket.ask(`Action: Ping\r\nServer: pbx-${n ? 'two' : 'one'}\r\n`)))
      expect(a!.ofId('same').filter((message) => message.get('Event') === 'EndpointList')).toHaveLength(20)
      expect(a!.ofId('same').filter((message) => message.get('Event') === 'EndpointListComplete')).toHaveLength(10)
      expect(b!.ofId('same').map((message) => message.get('Message'))).toEqual(Array(10).fill('No endpoints found'))
    })

    it('events of both come to every client', async () => {
      const socket = await client()
      const word = unique('word')
      for (const [server, asterisk] of [
        ['pbx-one', one],
        ['pbx-two', two]
      ] as const) {
        await directTo(asterisk).json(['UserEvent', '-F', 'UserEvent=Lab', '-F', `Word=${word}`])
        await socket.event({ Event: 'UserEvent', Word: word, Server: server })
      }
    })
  })

  describe('ami send', () => {
    it('--server chooses', async () => {
      const name = unique('WHO')
      await Promise.all([mark(one, name, '1'), mark(two, name, '2')])
      for (const [server, value] of [
        ['pbx-one', '1'],
        ['pbx-two', '2']
      ]) {
        const { response } = await proxy.target.json(['Getvar', '-F', `Variable=${name}`, '--server', server!])
        expect(response).toMatchObject({ Value: value, Server: server })
      }
    })

    it('--server with a wrong name ends with 1 and says which there are', async () => {
      const { status, stdout } = await proxy.target.send(['Ping', '--server', 'nowhere'])
      expect(status).toBe(1)
      expect(stdout.toString()).toContain('Server nowhere is not configured; there are: pbx-one, pbx-two')
    })

    it('--all asks every server, and says whose answer is whose', async () => {
      const { status, stdout } = await proxy.target.send(['PJSIPShowEndpoints', '--all', '--format', 'ndjson'])
      expect(status).toBe(0)
      const rows = stdout
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(rows.map(({ server, ObjectName }) => [server, ObjectName])).toEqual([
        ['pbx-one', 'alice'],
        ['pbx-one', 'bob']
      ])
    })

    it('--all --json gives one document with the answer of each server', async () => {
      const { status, stdout } = await proxy.target.send(['Ping', '--all', '--json'])
      expect(status).toBe(0)
      const answers: { server: string; response: Record<string, string> }[] = JSON.parse(stdout.toString())
      expect(answers.map(({ server, response }) => [server, response.Ping, response.Server])).toEqual([
        ['pbx-one', 'Pong', 'pbx-one'],
        ['pbx-two', 'Pong', 'pbx-two']
      ])
    })

    it('--all on an Asterisk itself ends with 76: it has no servers', async () => {
      const { status, stderr } = await directTo(one).send(['Ping', '--all'])
      expect(status).toBe(76)
      expect(stderr).toContain('not a pbxkit proxy')
    })
  })

  it('one that is killed does not concern the other; what was for it is answered with an error, and it comes back', async () => {
    const [third, fourth] = await Promise.all([startAsterisk({ name: 'third' }), startAsterisk({ name: 'fourth' })])
    const own = await startProxy({ stays: third, dies: fourth })
    try {
      const socket = await own.target.login()
      open.push(socket)
      await fourth.kill('SIGKILL')
      await own.service.program.says(/"server":"dies"[^\n]*server not connected/)
      const refused = await socket.ask('Action: Ping\r\nServer: dies\r\nActionID: down\r\n')
      expect(refused.is({ Response: 'Error', ActionID: 'down' })).toBe(true)
      expect(refused.get('Message')).toMatch(/^Server dies is not connected: /)
      expect((await socket.ask('Action: Ping\r\n')).is({ Ping: 'Pong', Server: 'stays' })).toBe(true)
      const word = unique('word')
      await directTo(third).json(['UserEvent', '-F', 'UserEvent=Lab', '-F', `Word=${word}`])
      await socket.event({ Event: 'UserEvent', Word: word, Server: 'stays' })
      const { status, stdout } = await own.target.send(['Ping', '--all'])
      expect(status).toBe(1)
      expect(stdout.toString()).toMatch(/^# stays\nResponse: Success[\s\S]*^# dies\nResponse: Error/m)

      await fourth.restart()
      await own.connected('dies', 2)
      expect((await socket.ask('Action: Ping\r\nServer: dies\r\n')).is({ Ping: 'Pong', Server: 'dies' })).toBe(true)
    } finally {
      await own.service.stop()
      await Promise.all([third.stop(), fourth.stop()])
    }
  })

  it('an answer whose last line Asterisk ends with a bare LF still ends in CR LF CR LF, for clients that look for that', async () => {
    // Asterisk says "Message: No endpoints found\n\r\n\r\n".
    const own = await startProxy({ two })
    try {
      const socket = await own.target.login({ events: 'off' })
      open.push(socket)
      const answer = await socket.ask('Action: PJSIPShowEndpoints\r\nActionID: lf\r\n')
      expect(answer.headers).toEqual([
        ['Response', 'Error'],
        ['ActionID', 'lf'],
        ['Message', 'No endpoints found']
      ])
    } finally {
      await own.service.stop()
    }
  })

  it('--server-header never leaves the header out, always adds it for one server too', async () => {
    for (const [when, servers, expected] of [
      ['never', { a: one, b: two }, []],
      ['always', { a: one }, ['a']],
      ['auto', { a: one }, []]
    ] as const) {
      const own = await startProxy(servers, ['--server-header', when])
      try {
        const socket = await own.target.login()
        open.push(socket)
        expect((await socket.ask('Action: Ping\r\n')).getAll('Server')).toEqual(expected)
      } finally {
        await own.service.stop()
      }
    }
  })

  it('listens, and says why, while no server can be reached', async () => {
    const nothing = { amiPort: 1 }
    const own = await startProxyWith(
      `[server gone]\nhost = 127.0.0.1\nport = ${nothing.amiPort}\nusername = x\nsecret = y\n\n[server wrong]\nhost = 127.0.0.1\nport = ${one.amiPort}\nusername = admin\nsecret = wrong\n`
    )
    try {
      await own.service.program.says(/"server":"wrong"[^\n]*server not connected/)
      await own.service.program.says(/"server":"gone"[^\n]*server not connected/)
      const { status, stdout } = await own.target.send(['Ping'])
      expect(status).toBe(1)
      expect(stdout.toString()).toMatch(/Message: No server is connected: gone: .*ECONNREFUSED.*; wrong: .*Authentication failed/)
      expect(own.service.program.stderr).not.toContain('secret')
    } finally {
      await own.service.stop()
    }
  })
})
