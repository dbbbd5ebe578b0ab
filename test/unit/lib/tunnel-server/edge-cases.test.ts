import net from 'node:net'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SessionWatch } from '../../../../src/lib/net/yamux/session-watch.js'
import { ClientSecret } from '../../../../src/lib/scram/client.js'
import { openTunnel } from '../../../../src/lib/tunnel/protocol-2-client.js'
import { type OfferedCall, readCallAndHeaders } from '../../../../src/lib/tunnel/tunnel-call.js'
import { application, call, connect, outcome, raw, serve, token, useAccounts } from '../../support/tunnel-server.js'

useAccounts()

const protocols = [1, 2] as const
const certificate = path.join(import.meta.dirname, '../../../fixtures/tls/server')
const ended = ['SUCCESS', 'SUCCESS', undefined]

async function socketTo(port: number): Promise<net.Socket> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  await new Promise((resolve) => socket.once('connect', resolve))
  return socket.on('error', () => {})
}

const hello = (username: string) => `AGIT/2 SCRAM-SHA-256 ${Buffer.from(`n,,n=${username},r=abcdefgh`).toString('base64')}\n`

/** A client that has logged in and does nothing by itself. @returns its socket, and the first call that it is offered */
async function bareClient(
  port: number,
  protocol: 1 | 2
): Promise<{ socket: net.Socket; offered: Promise<{ call?: OfferedCall; headers: string }> }> {
  const socket = await socketTo(port)
  if (protocol === 1) {
    socket.write(token('alice:secret'))
    await new Promise((resolve) => socket.once('data', resolve))
    const offered = new Promise<{ headers: string }>((resolve) => {
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
        if (text.endsWith('\n\n')) resolve({ headers: text })
      })
    })
    return { socket, offered }
  }
  let settle: (offered: { call: OfferedCall; headers: string }) => void = () => {}
  const offered = new Promise<{ call: OfferedCall; headers: string }>((resolve) => (settle = resolve))
  await openTunnel(socket, {
    ...{ username: 'alice', secret: new ClientSecret('secret'), maxIncomingStreams: 4, parameters: { version: '9.9' } },
    handler: {
      onClosed: () => {},
      onStream: async (stream) => {
        const one = await readCallAndHeaders(stream)
        one.accept()
        settle({ call: one, headers: one.headers.bytes.toString() })
      }
    }
  })
  return { socket, offered }
}

/** The rows of the table of edge cases of the specification, in its order and words. */
describe.each(protocols)('edge cases, protocol %i', (protocol) => {
  const client = (port: number, app: number, more: object = {}) => connect(port, app, { protocol, calls: 1, ...more })

  it('wrong password; unknown user: the same answer', async () => {
    const { port, status } = await serve()
    if (protocol === 1) {
      for (const text of ['alice:wrong', 'nobody:secret']) expect(await raw(port, token(text))).toBe('authentication failed\n')
    } else {
      for (const username of ['alice', 'nobody']) {
        const login = { username, secret: new ClientSecret('wrong'), handler: {} }
        await expect(openTunnel(await socketTo(port), login as never)).rejects.toMatchObject({ code: 'E_LOGIN' })
      }
    }
    await expect.poll(() => status().counters.logins.refused).toBe(2)
  })

  it('unknown user: a salt of its own, the same each time', async () => {
    const { port } = await serve()
    const challenge = async (username: string) => {
      const socket = await socketTo(port)
      socket.write(protocol === 1 ? token(`${username}:x`) : hello(username))
      return String(await new Promise((resolve) => socket.once('data', resolve)))
    }
    const salt = async (username: string) => /,s=([^,]+)/.exec(await challenge(username))?.[1]
    const [one, again, other] = [await salt('nobody'), await salt('nobody'), await salt('somebody')]
    expect([one === again, one === other]).toEqual([true, protocol === 1])
  })

  it('user not connected', async () => {
    const { agiPort } = await serve()
    expect(outcome(await call(agiPort))).toEqual(['SUCCESS', 'FAILED', 'not-connected'])
  })

  it.each<Record<string, string>>([{}, { SANDBOX_USERNAME: '' }])('SANDBOX_USERNAME unset or empty: %j', async (variables) => {
    const { port, agiPort } = await serve()
    await client(port, 1)
    expect(outcome(await call(agiPort, undefined, [], { variables }))).toEqual(['SUCCESS', 'FAILED', 'no-username'])
  })

  it('second tunnel of the user: joins, up to the limit, then wait', async () => {
    const { port, status } = await serve()
    for (const _ of [1, 2]) await bareClient(port, protocol)
    await expect.poll(() => status().tunnels.length).toBe(2)
    if (protocol === 1) expect(await raw(port, token('alice:secret'))).toBe('wait 10\n')
    else await expect(bareClient(port, 2)).rejects.toMatchObject({ code: 'E_TOLD_TO_WAIT', seconds: 10 })
    expect(status().counters.logins.waited).toBe(1)
  })

  it('second tunnel of the user: takes over where it is told to, and the first one keeps its call', async () => {
    const { port, agiPort, status } = await serve({ secondLogin: 'take-over', maxTunnelsPerUser: 1 })
    let came: (socket: net.Socket) => void = () => {}
    const app = new Promise<net.Socket>((resolve) => (came = resolve))
    await client(port, await application((socket) => came(socket)))
    const first = call(agiPort)
    const socket = await app
    const second = await bareClient(port, protocol)
    await expect.poll(() => status().tunnels.some(({ address }) => address.endsWith(`:${second.socket.localPort}`))).toBe(true)
    const report = call(agiPort)
    const { headers } = await second.offered
    expect(headers).toContain('agi_network: yes\n')
    await expect.poll(() => status().calls.filter(({ state }) => state === 'bridged').length).toBe(2)
    second.socket.resetAndDestroy()
    expect((await report).variables.BRIDGE_OUTCOME).toBe('DROPPED')
    socket.end()
    expect(outcome(await first)).toEqual(ended)
  })

  it('second tunnel of the user: the one that it takes over from is not given calls any more', async () => {
    const { port, status } = await serve({ secondLogin: 'take-over', maxTunnelsPerUser: 1 })
    await bareClient(port, protocol)
    const second = await bareClient(port, protocol)
    await expect.poll(() => status().counters.tunnels.replaced).toBe(1)
    expect(status().tunnels.map(({ address }) => address)).toEqual([`127.0.0.1:${second.socket.localPort}`])
  })

  it('second call while the first runs', async () => {
    const { port, agiPort } = await serve()
    const came: net.Socket[] = []
    await client(port, await application((socket) => came.push(socket)), { calls: protocol })
    const first = call(agiPort)
    await expect.poll(() => came.length).toBe(1)
    const second = call(agiPort)
    if (protocol === 1) expect(outcome(await second)).toEqual(['SUCCESS', 'FAILED', 'busy'])
    await expect.poll(() => came.length).toBe(protocol)
    for (const socket of came) socket.end()
    expect([outcome(await first), ...(protocol === 2 ? [outcome(await second)] : [])]).toEqual(
      protocol === 2 ? [ended, ended] : [ended]
    )
  })

  it.each([
    [
      'killed: FIN',
      (socket: net.Socket) => void socket.destroy(),
      protocol === 1 ? ended : ['FAILURE', 'DROPPED', 'tunnel-lost']
    ],
    ['reset', (socket: net.Socket) => void socket.resetAndDestroy(), ['FAILURE', 'DROPPED', 'tunnel-lost']]
  ])('tunnel drops in a call: client %s', async (_, drop, expected) => {
    const { port, agiPort, status } = await serve()
    const { socket, offered } = await bareClient(port, protocol)
    const report = call(agiPort)
    await offered
    await expect.poll(() => status().calls[0]?.state).toBe('bridged')
    drop(socket)
    expect(outcome(await report)).toEqual(expected)
  })

  it('caller hangs up: the application hears it', async () => {
    const { port, agiPort } = await serve()
    let heard = ''
    const app = await application((socket) => {
      socket.write('NOOP\n')
      socket.on('data', (chunk) => {
        heard += chunk
        if (heard.includes('HANGUP')) socket.end()
      })
    })
    await client(port, app)
    // The user and SUCCESS are commands, too.
    const report = await call(agiPort, undefined, [], { hangsUpAfterCommands: 3 })
    expect([...outcome(report), heard.startsWith('200 result=0\nHANGUP\n')]).toEqual(['HANGUP', 'SUCCESS', undefined, true])
  })

  it('application ignores HANGUP: closed after the grace', async () => {
    const { port, agiPort } = await serve({ hangupGraceMs: 20 })
    await client(port, await application((socket) => socket.write('NOOP\n')))
    const report = await call(agiPort, undefined, [], { hangsUpAfterCommands: 3 })
    expect(outcome(report)).toEqual(['FAILURE', 'DROPPED', 'hangup-grace'])
  })

  it.skipIf(protocol === 1)('half-open TCP: noticed by pings (protocol 1 has the keep-alive of TCP only)', async () => {
    const watch = new SessionWatch({ intervalMs: 20, activeIntervalMs: 20, timeoutMs: 20, tickMs: 10 })
    const { port, agiPort, status } = await serve({ watch })
    const { socket, offered } = await bareClient(port, protocol)
    const report = call(agiPort)
    await offered
    await expect.poll(() => status().calls[0]?.state).toBe('bridged')
    socket.pause()
    expect(outcome(await report)).toEqual(['FAILURE', 'DROPPED', 'tunnel-lost'])
    expect(status().tunnels).toEqual([])
  })

  it('slow application: no limit by default; --idle-limit, but not while a command runs', async () => {
    const { port, agiPort } = await serve({ idleLimitMs: 300 })
    await client(port, await application((socket) => socket.write('NOOP\n')))
    let answers = 0
    const answer = () => (++answers === 3 ? Buffer.alloc(0) : undefined)
    const held = call(agiPort, undefined, [], { answer })
    expect(await Promise.race([held, new Promise((resolve) => setTimeout(resolve, 1_000, 'goes on'))])).toBe('goes on')
    const other = await serve({ idleLimitMs: 30 })
    await connect(other.port, await application((socket) => socket.write('NOOP\n')), { protocol, calls: 1 })
    expect(outcome(await call(other.agiPort))).toEqual(['FAILURE', 'DROPPED', 'app-timeout'])
  })

  it('application not running', async () => {
    const { port, agiPort } = await serve()
    await client(port, 1)
    // In protocol 1 our client says it to Asterisk itself.
    expect(outcome(await call(agiPort))).toEqual(['SUCCESS', 'FAILED', 'app-econnrefused'])
  })

  it('application killed in a call: a reset is a loss, FIN is an end', async () => {
    const { port, agiPort } = await serve()
    const ways = [(socket: net.Socket) => void socket.resetAndDestroy(), (socket: net.Socket) => void socket.end()]
    const events = await client(port, await application((socket) => ways.shift()!(socket)))
    expect(outcome(await call(agiPort)).slice(0, 2)).toEqual(['FAILURE', 'DROPPED'])
    await expect.poll(() => events.filter(({ event }) => event === 'accepted').length).toBeGreaterThanOrEqual(3 - protocol)
    expect(outcome(await call(agiPort))).toEqual(ended)
  })

  it.each([
    ['garbage, binary first line', Buffer.from([0, 1, 2, 10])],
    ['oversized line', protocol === 1 ? `${'a'.repeat(5_000)}\n` : 'AGIT/2 '.padEnd(5_000, 'x')],
    ['line never finished', protocol === 1 ? 'abc' : 'AGIT/2 SCRAM']
  ])('%s', async (_, bytes) => {
    const { port } = await serve({ patienceMs: 100 })
    // An unfinished line is told by a closed connection, or by the word that closes it.
    expect(await raw(port, bytes)).toMatch(/^(authentication failed\n|wait 30\n)?$/)
  })

  it('nothing at all', async () => {
    const { port } = await serve({ patienceMs: 50 })
    expect(await raw(port, '')).toBe('authentication failed\n')
  })

  it.each([
    ['garbage', 'GET / HTTP/1.1\r\n\r\n', ''],
    ['oversized', `agi_network: ${'x'.repeat(70_000)}`, ''],
    ['unfinished', 'agi_network: yes\n', 'SET VARIABLE BRIDGE_OUTCOME FAILED\nfailure: headers\n']
  ])("Asterisk's port: %s header", async (_, bytes, said) => {
    const { agiPort } = await serve({ patienceMs: 50 })
    expect(await raw(agiPort, bytes)).toBe(said)
  })

  it('wrong version', async () => {
    const { port } = await serve({ protocol1: false })
    const line = protocol === 1 ? token('alice:secret') : 'AGIT/3 SCRAM-SHA-256 eA==\n'
    expect(await raw(port, line)).toMatch(/^upgrade required AGIT\/2/)
  })

  it('SIGTERM in a call: nobody comes in, the call goes on to its end', async () => {
    const server = await serve({ drainMs: 10_000 })
    let came: (socket: net.Socket) => void = () => {}
    const app = new Promise<net.Socket>((resolve) => (came = resolve))
    const events = await client(server.port, await application((socket) => came(socket)))
    const report = call(server.agiPort)
    const socket = await app
    server.stop()
    await expect.poll(() => server.status().draining).toBe(true)
    await expect
      .poll(
        () =>
          new Promise((resolve) => {
            const socket = net.connect({ port: server.port, host: '127.0.0.1' })
            socket.on('error', resolve).on('connect', () => resolve(socket.destroy() && undefined))
          })
      )
      .toMatchObject({ code: 'ECONNREFUSED' })
    socket.end('SET VARIABLE WORD last\n')
    const { variables, ...rest } = await report
    expect([...outcome({ variables, ...rest }), variables.WORD]).toEqual([...ended, 'last'])
    await server.closed
    expect(events.some(({ event }) => event === 'accepted')).toBe(true)
  })

  it('caller gone during the grace: nobody is waited for', async () => {
    const { port, agiPort, status } = await serve({ connectGraceMs: 60_000 })
    const socket = await socketTo(agiPort)
    socket.write('agi_network: yes\n\n')
    await new Promise((resolve) => socket.once('data', resolve))
    socket.write('200 result=1 (alice)\n')
    await expect.poll(() => status().calls[0]?.user).toBe('alice')
    socket.write('HANGUP\n')
    socket.end()
    await expect.poll(() => status().calls.length).toBe(0)
    let calls = 0
    await client(port, await application(() => calls++))
    expect(calls).toBe(0)
  })
})

describe('protocol 1, as it was', () => {
  it.each([
    ['improved', 'authentication accepted\n', /^call \w{8}\nagi_network: yes\n/],
    ['late-accept', '', /^authentication accepted\ncall \w{8}\nagi_network: yes\n/],
    ['original', '', /^authentication accepted\nagi_threadid: .*\n(agi_.*\n)*agi_network: yes\n\n$/]
  ] as const)('%s', async (protocol1Form, atLogin, atCall) => {
    const { port, agiPort, status } = await serve({ protocol1Form })
    const socket = await socketTo(port)
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    socket.write(token('alice:secret'))
    await expect.poll(() => status().tunnels.length).toBe(1)
    if (atLogin) await expect.poll(() => text).toBe(atLogin)
    expect(text).toBe(atLogin)
    const report = call(agiPort)
    await expect.poll(() => text.slice(atLogin.length)).toMatch(atCall)
    socket.end()
    expect(outcome(await report)).toEqual(ended)
  })

  it('is taken from this machine when nobody has said anything, and from users who have a token', async () => {
    const { port } = await serve({ protocol1: undefined })
    expect(await raw(port, token('bob:secret'))).toBe('authentication failed\n')
    await bareClient(port, 1)
  })

  it('closes a client that speaks before its call', async () => {
    const { port } = await serve()
    const { socket } = await bareClient(port, 1)
    socket.write('x')
    await new Promise((resolve) => socket.once('close', resolve).once('end', resolve))
  })
})

describe('protocol 2', () => {
  it('tells the client where a call comes from, and shows what the client says it is', async () => {
    const { port, agiPort, status } = await serve()
    const { offered, socket } = await bareClient(port, 2)
    const report = call(agiPort)
    const { call: one } = await offered
    expect(one!.metadata).toEqual({
      call: status().calls[0]!.id,
      source: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      user: 'alice',
      server: 'test'
    })
    expect(status().tunnels[0]).toMatchObject({ version: '9.9', protocol: 2 })
    socket.destroy()
    await report
  })

  it('refuses a login that is replayed', async () => {
    const { port, status } = await serve()
    const socket = await socketTo(port)
    const sent: Buffer[] = []
    const write = socket.write.bind(socket)
    socket.write = ((chunk: string | Buffer, ...more: never[]) => {
      sent.push(Buffer.from(chunk as string))
      return write(chunk, ...more)
    }) as typeof socket.write
    await openTunnel(socket, { username: 'alice', secret: new ClientSecret('secret'), handler: { onClosed: () => {} } } as never)
    await expect.poll(() => status().tunnels.length).toBe(1)
    const login = Buffer.concat(sent.slice(0, 2))
    expect(login.toString()).toMatch(/^AGIT\/2 .*\nc=/)
    expect(await raw(port, login)).toMatch(/^C r=.*\nauthentication failed\n$/)
    expect(status().tunnels.length).toBe(1)
  })
})

describe('a server that many come to', () => {
  it('holds so many that have not logged in, closes the oldest, and lets in who logs in', async () => {
    const { port, agiPort, status } = await serve({ patienceMs: 60_000, maxHalfOpen: 500 })
    let closed = 0
    const sockets: net.Socket[] = []
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    // Not more at once than the system keeps for us to accept: it forgets the others without a word to them.
    for (let wave = 0; wave < 40; wave++) {
      const come = Array.from({ length: 250 }, () => net.connect({ port, host: '127.0.0.1' }))
      sockets.push(...come)
      for (const socket of come)
        socket
          .on('error', () => {})
          .once('close', () => closed++)
          .resume()
      await Promise.all(come.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))))
    }
    await expect.poll(() => closed, { timeout: 50_000, interval: 200 }).toBeGreaterThanOrEqual(9_500)
    expect(status().sockets.halfOpen).toBeLessThanOrEqual(500)
    await connect(port, await application((socket) => socket.end()))
    expect(outcome(await call(agiPort))).toEqual(ended)
  }, 60_000)

  it('holds a user who floods commands to one at a time, and the others go on', async () => {
    const { port, agiPort } = await serve()
    const flooding = await application((socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write('SET VARIABLE WORD x\n'.repeat(1_000)));
      }
      socket.on('drain', more)
      more()
    })
    await connect(port, flooding)
    const report = call(agiPort, undefined, [], { diesAfterCommands: 5_000 })
    const other = await call(agiPort, undefined, [], { variables: {} })
    expect(outcome(other)).toEqual(['SUCCESS', 'FAILED', 'no-username'])
    const { hasPipelined, hadHalfLine, commands } = await report
    expect([hasPipelined, hadHalfLine, commands.length]).toEqual([false, false, 5_000])
  }, 20_000)
})

describe('a reload', () => {
  it('takes other settings over for who comes then, and ends the tunnels of who is gone', async () => {
    const { port, agiPort, reload, status, options } = await serve()
    await bareClient(port, 1)
    await bareClient(port, 2)
    await reload({ ...options, userFrom: 'argument', protocol1: false })
    expect(outcome(await call(agiPort))).toEqual(['SUCCESS', 'FAILED', 'no-username'])
    expect(await raw(port, token('alice:secret'))).toMatch(/^upgrade/)
    expect(status().tunnels.length).toBe(2)
  })

  it('changes nothing when a setting is wrong', async () => {
    const { port, agiPort, reload, options } = await serve()
    await connect(port, await application((socket) => socket.end()))
    const tls = { certFile: `${certificate}.crt`, keyFile: `${certificate}.key` }
    const elsewhere = [{ host: '192.0.2.1', port: 1 }]
    const wrong = [
      { agiAllow: ['nonsense'] },
      { tls: { certFile: '/nowhere' } },
      { agiListen: elsewhere },
      { tls, listen: elsewhere }
    ]
    for (const one of wrong) await expect(reload({ ...options, userFrom: 'url', ...one })).rejects.toThrow()
    expect(await raw(port, 'GET /component/2.0 HTTP/1.0\r\n\r\n')).toContain('\ntls: false\n')
    expect(outcome(await call(agiPort))).toEqual(ended)
  })
})
