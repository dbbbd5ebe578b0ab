import net from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  application,
  call,
  connect,
  flood,
  mostBytes,
  outcome,
  raw,
  serve,
  stuckAt,
  token,
  useAccounts
} from '../../support/tunnel-server.js'

useAccounts()

describe('the port for tunnels', () => {
  it.each([
    ['garbage', 'garbage\r\n\r\n'],
    ['binary', Buffer.from([0, 1, 2, 255])],
    ['a token of nobody', token('nobody:secret')],
    ['a token with CR', `${token('alice:secret').trimEnd()}\r\n`],
    ['a token that is a shell command', `${';touch X;#'.padStart(32, 'a')}\n`],
    ['a hello that is none', 'AGIT/2 nothing\n'],
    ['a line without an end', 'AGIT/2 '.padEnd(5_000, 'x')]
  ])('refuses %s, in one piece and byte by byte', async (_, bytes) => {
    const { port } = await serve()
    for (const bytewise of [false, true]) expect(await raw(port, bytes, { bytewise })).toBe('authentication failed\n')
  })

  it('tells the original to upgrade when that is off', async () => {
    const { port } = await serve({ protocol1: false, upgradeText: 'Get pbxkit' })
    expect(await raw(port, token('alice:secret'))).toBe('upgrade required AGIT/2 Get pbxkit\n')
  })

  it('tells another version what the settings say now', async () => {
    const { port, options, reload } = await serve({ upgradeText: 'Get it from A' })
    await reload({ ...options, upgradeText: 'Get it from B' })
    expect(await raw(port, 'AGIT/3 SCRAM-SHA-256 eA==\n')).toBe('upgrade required AGIT/2 Get it from B\n')
    await reload({ ...options, upgradeText: undefined })
    expect(await raw(port, 'AGIT/3 SCRAM-SHA-256 eA==\n')).toBe('upgrade required AGIT/2\n')
  })

  it('tells another version which one it speaks', async () => {
    const { port } = await serve()
    expect(await raw(port, 'AGIT/3 SCRAM-SHA-256 eA==\n')).toMatch(/^upgrade required AGIT\/2/)
  })

  it('sends who guesses away for a while', async () => {
    const { port } = await serve()
    for (let i = 0; i < 10; i++) expect(await raw(port, token(`alice:${i}`))).toBe('authentication failed\n')
    expect(await raw(port, token('alice:secret'))).toMatch(/^wait \d+\n$/)
  })

  it('tells more tunnels of a user than may be to wait', async () => {
    const { port } = await serve()
    const app = await application(() => {})
    for (const _ of [1, 2]) await connect(port, app)
    expect(await raw(port, token('alice:secret'))).toBe('wait 10\n')
  })
})

describe('the port for Asterisk', () => {
  it.each([
    ['garbage', 'GET / HTTP/1.1\r\n\r\n'],
    ['a header that never ends', `agi_network: ${'x'.repeat(70_000)}`],
    ['too many headers', 'agi_x: y\n'.repeat(300)]
  ])('closes on %s', async (_, bytes) => {
    const { agiPort } = await serve()
    expect(await raw(agiPort, bytes)).toBe('')
  })

  it('is for the addresses that it is told', async () => {
    const { agiPort } = await serve({ agiAllow: ['192.0.2.0/24'] })
    expect((await call(agiPort)).commands).toEqual([])
  })

  it.each([
    ['variable', 'agi://127.0.0.1/', []],
    ['argument', 'agi://127.0.0.1/', ['alice']],
    ['url', 'agi://127.0.0.1/alice', []],
    ['url', 'agi://127.0.0.1/ivr?user=alice', []]
  ] as const)('learns the user from the %s (%s)', async (userFrom, url, args) => {
    const { port, agiPort } = await serve({ userFrom })
    await connect(port, await application((socket) => socket.end()))
    expect(outcome(await call(agiPort, url, [...args]))).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })
})

describe('a call', () => {
  it('is served when the tunnel comes while it waits', async () => {
    const { port, agiPort } = await serve({ connectGraceMs: 10_000 })
    const report = call(agiPort)
    await connect(port, await application((socket) => socket.end()))
    expect(outcome(await report)).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })

  it('FAILS as busy when the client, or the user, has as many as may be', async () => {
    const { port, agiPort } = await serve()
    const came: net.Socket[] = []
    const app = await application((socket) => came.push(socket))
    await connect(port, app, { calls: 2 })
    const going = [call(agiPort), call(agiPort)]
    await expect.poll(() => came.length).toBe(2)
    expect(outcome(await call(agiPort))).toEqual(['SUCCESS', 'FAILED', 'busy'])
    await connect(port, app)
    going.push(call(agiPort))
    await expect.poll(() => came.length).toBe(3)
    expect(outcome(await call(agiPort))).toEqual(['SUCCESS', 'FAILED', 'busy'])
    for (const socket of came) socket.end()
    for (const report of going) expect(outcome(await report)).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })

  it('is given up when the application sends too long a line, and the tunnel stays', async () => {
    const { port, agiPort } = await serve()
    let bytes = 'x'.repeat(9_000)
    await connect(port, await application((socket) => socket.end(bytes)))
    expect(outcome(await call(agiPort))).toEqual(['FAILURE', 'DROPPED', 'app-line-too-long'])
    bytes = 'EXEC System true\nSET VARIABLE WORD 1\n'
    const report = await call(agiPort)
    expect([...outcome(report), report.variables.WORD]).toEqual(['SUCCESS', 'SUCCESS', undefined, '1'])
    expect(report.commands.map(({ line }) => line)).not.toContain('EXEC System true')
  })

  it('is given up when the application goes on after the hang-up', async () => {
    const { port, agiPort } = await serve({ hangupGraceMs: 20 })
    await connect(port, await application((socket) => socket.write('HANGUP\n')))
    expect((await call(agiPort)).variables).toMatchObject({ BRIDGE_OUTCOME: 'DROPPED', BRIDGE_REASON: 'hangup-grace' })
  })

  it('by protocol 1 is FAILED by the client when the application is not there', async () => {
    const { port, agiPort } = await serve()
    await connect(port, 1, { protocol: 1 })
    expect((await call(agiPort)).variables.BRIDGE_OUTCOME).toBe('FAILED')
  })

  it('carries what is written faster than it is read, whole', async () => {
    const { port, agiPort } = await serve()
    const commands = Array.from({ length: 20_000 }, (_, i) => `SET VARIABLE WORD ${i}\n`).join('')
    await connect(port, await application((socket) => socket.end(commands)))
    const report = await call(agiPort)
    expect([report.variables.WORD, report.commands.length]).toEqual(['19999', 20_002])
    expect(report.hadHalfLine).toBe(false)
  })
})

describe('a reader that does not read', () => {
  it('holds an application that floods, when it is Asterisk', async () => {
    const { port, agiPort } = await serve()
    let came: (socket: net.Socket) => void = () => {}
    const app = new Promise<net.Socket>((resolve) => (came = resolve))
    await connect(port, await application((socket) => came(socket)))
    const asterisk = net.connect({ port: agiPort, host: '127.0.0.1' })
    onTestFinished(() => void asterisk.destroy())
    asterisk.write('agi_network: yes\n\n')
    // The user, and that SUCCESS was heard; the commands of the application are not answered.
    for (const answer of ['200 result=1 (alice)\n', '200 result=1\n']) {
      await new Promise((resolve) => asterisk.once('data', resolve))
      asterisk.write(answer)
    }
    const socket = await app
    void flood(socket, 'NOOP\n')
    expect(await stuckAt(socket)).toBeLessThan(mostBytes)
  }, 40_000)

  it('holds Asterisk that floods, when it is an application', async () => {
    const { port, agiPort } = await serve()
    await connect(port, await application((socket) => socket.pause()))
    const asterisk = net.connect({ port: agiPort, host: '127.0.0.1' })
    onTestFinished(() => void asterisk.destroy())
    asterisk.write('agi_network: yes\n\n')
    for (const answer of ['200 result=1 (alice)\n', '200 result=1\n']) {
      await new Promise((resolve) => asterisk.once('data', resolve))
      asterisk.write(answer)
    }
    void flood(asterisk, `NoOp: ${'x'.repeat(1_000)}\n`)
    expect(await stuckAt(asterisk)).toBeLessThan(mostBytes)
  }, 40_000)
})
