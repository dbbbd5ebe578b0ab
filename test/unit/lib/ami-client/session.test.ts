import { describe, expect, it } from 'vitest'
import type { Credentials } from '../../../../src/lib/ami/login.js'
import { openSession, type SessionOptions } from '../../../../src/lib/ami-client/session.js'
import { ConnectionLostError, LoginError, ProtocolError, TimeoutError, UnsafeHeaderError } from '../../../../src/lib/errors.js'
import { recordedSession } from '../../support/ami-fixtures.js'
import { type ScriptedServer, scriptedServer } from '../../support/scripted-server.js'

const credentials: Credentials = { username: 'admin', secret: 'yoyodyne11', auth: 'md5', events: 'on' }

const optionsFor = ({ port }: ScriptedServer, other: Partial<SessionOptions> = {}): SessionOptions => ({
  connect: { host: '127.0.0.1', port, timeoutMs: 5000 },
  credentials,
  timeoutMs: 5000,
  ...other
})

describe('openSession', () => {
  it('logs in with MD5, without sending the secret', async () => {
    const server = await scriptedServer((connection) => connection.acceptLogin())
    const session = await openSession(optionsFor(server))
    expect(session).toMatchObject({ banner: 'Asterisk Call Manager/11.0.0' })
    expect(server.connections[0]!.received).toContain('Key: e83a9e59e7c8d1bb6554982275d05016\r\n')
    expect(server.connections[0]!.received).not.toContain('yoyodyne11')
    session.stream.socket.destroy()
  })

  it('logs in plain', async () => {
    const server = await scriptedServer((connection) => connection.acceptLogin())
    const session = await openSession(optionsFor(server, { credentials: { ...credentials, auth: 'plain', events: 'call' } }))
    expect(server.connections[0]!.received).toMatch(
      /^Action: Login\r\n.*Username: admin\r\nSecret: yoyodyne11\r\nEvents: call\r\n\r\n$/s
    )
    session.stream.socket.destroy()
  })

  it('says nothing before it has the banner', async () => {
    const server = await scriptedServer((connection) => connection.raw('Asterisk Call Manager/11.0'))
    await expect(openSession(optionsFor(server, { timeoutMs: 50 }))).rejects.toThrow(TimeoutError)
    expect(server.connections[0]!.received).toBe('')
  })

  it('takes a banner and answers that come byte by byte', async () => {
    const server = await scriptedServer(async (connection) => {
      connection.socket.setNoDelay(true)
      for (const byte of Buffer.from('Asterisk Call Manager/11.0.0\r\n')) connection.raw(Buffer.from([byte]))
      await connection.next()
      for (const byte of Buffer.from('Response: Success\r\nChallenge: 1\r\n\r\n')) connection.raw(Buffer.from([byte]))
      await connection.next()
      connection.say('Response: Success')
    })
    const { banner, stream } = await openSession(optionsFor(server))
    expect(banner).toBe('Asterisk Call Manager/11.0.0')
    stream.socket.destroy()
  })

  it('hands over the blocks that came along with the login, of a recorded session', async () => {
    const server = await scriptedServer((connection) => connection.raw(recordedSession()))
    const { early, stream } = await openSession(optionsFor(server, { credentials: { ...credentials, auth: 'plain' } }))
    stream.socket.destroy()
    expect(early.slice(0, 2).map((block) => block.get('Event'))).toEqual(['FullyBooted', 'SuccessfulAuth'])
  })

  it('loses nothing that comes before somebody reads', async () => {
    const server = await scriptedServer(async (connection) => {
      await connection.acceptLogin()
      connection.say('Event: Late')
    })
    const { early, parser, stream } = await openSession(optionsFor(server))
    const events = early.map((block) => block.get('Event'))
    if (events.length === 0) {
      await new Promise<void>((resolve) =>
        stream.read((chunk) => {
          events.push(...parser.push(chunk).map((block) => block.get('Event')))
          if (events.length > 0) resolve()
        })
      )
    }
    stream.socket.destroy()
    expect(events).toEqual(['Late'])
  })

  it('does not hold events before the login for its answer', async () => {
    const server = await scriptedServer(async (connection) => {
      connection.raw('Asterisk Call Manager/11.0.0\r\nEvent: FullyBooted\r\n\r\n')
      await connection.next()
      connection.say('Event: Other\n\nResponse: Success\nChallenge: 1')
      await connection.next()
      connection.say('Response: Success')
    })
    const { stream } = await openSession(optionsFor(server))
    stream.socket.destroy()
  })

  it('shows both directions to the trace', async () => {
    const server = await scriptedServer((connection) => connection.acceptLogin())
    const seen: string[] = []
    const trace = (direction: string, bytes: Buffer) => seen.push(`${direction} ${bytes.toString().split('\r\n')[0]}`)
    const { stream } = await openSession(optionsFor(server, { trace }))
    stream.socket.destroy()
    expect(seen).toEqual([
      'received Asterisk Call Manager/11.0.0',
      'sent Action: Challenge',
      'received Response: Success',
      'sent Action: Login',
      'received Response: Success'
    ])
  })
})

describe('openSession fails', () => {
  const failsOn = async (script: Parameters<typeof scriptedServer>[0], other: Partial<SessionOptions> = {}) => {
    const server = await scriptedServer(script)
    const error = await openSession(optionsFor(server, other)).then(
      () => undefined,
      (reason: Error) => reason
    )
    return { error, connection: server.connections[0]! }
  }

  it('with LoginError when the server refuses', async () => {
    const { error } = await failsOn(async (connection) => {
      connection.raw('Asterisk Call Manager/11.0.0\r\n')
      await connection.next()
      connection.say('Response: Success\nChallenge: 1')
      await connection.next()
      connection.say('Response: Error\nMessage: Authentication failed')
      connection.socket.end()
    })
    expect(error).toBeInstanceOf(LoginError)
    expect(error?.message).toMatch(/Authentication failed$/)
  })

  it.each(['SSH-2.0-OpenSSH_9.2p1\r\n', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', '220 mail ESMTP\r\n'])(
    'with ProtocolError, and says nothing, when the server begins with %j',
    async (greeting) => {
      const { error, connection } = await failsOn((one) => one.raw(greeting))
      expect(error).toBeInstanceOf(ProtocolError)
      expect(error?.message).toContain(greeting.split('\r\n')[0]!)
      expect(connection.received).toBe('')
    }
  )

  it('with TimeoutError when no banner comes', async () => {
    const { error } = await failsOn(() => {}, { timeoutMs: 30 })
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error?.message).toMatch(/sent no AMI banner within 0.03 s/)
  })

  it('with TimeoutError when the login is not answered', async () => {
    const { error } = await failsOn((one) => one.raw('Asterisk Call Manager/11.0.0\r\n'), { timeoutMs: 100 })
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error?.message).toMatch(/did not finish the login/)
  })

  it('with ConnectionLostError when the server closes at once', async () => {
    const { error } = await failsOn((one) => one.socket.end())
    expect(error).toBeInstanceOf(ConnectionLostError)
    expect(error?.message).toMatch(/closed the connection during the login/)
  })

  it('with ConnectionLostError when the server resets', async () => {
    const { error } = await failsOn(async (connection) => {
      connection.raw('Asterisk Call Manager/11.0.0\r\n')
      await connection.next()
      connection.socket.resetAndDestroy()
    })
    expect(error).toBeInstanceOf(ConnectionLostError)
  })

  it('with ProtocolError when the banner has no end', async () => {
    const { error } = await failsOn((one) => one.raw('x'.repeat(70_000)))
    expect(error).toBeInstanceOf(ProtocolError)
  })

  it('with UnsafeHeaderError for a secret that would begin a new header, before it is sent', async () => {
    const { error, connection } = await failsOn((one) => one.raw('Asterisk Call Manager/11.0.0\r\n'), {
      credentials: { ...credentials, auth: 'plain', secret: 'x\r\nAction: Evil' }
    })
    expect(error).toBeInstanceOf(UnsafeHeaderError)
    expect(connection.received).toBe('')
  })

  it('with the reason of a signal that is aborted meanwhile', async () => {
    const controller = new AbortController()
    const server = await scriptedServer(() => controller.abort(new Error('stop')))
    const connect = { host: '127.0.0.1', port: server.port, timeoutMs: 5000, signal: controller.signal }
    await expect(openSession(optionsFor(server, { connect }))).rejects.toThrow('stop')
  })
})
