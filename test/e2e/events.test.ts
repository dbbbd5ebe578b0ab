import { describe, expect, it } from 'vitest'
import { startSimulator } from '../../src/lib/simulator/simulator.js'
import { asAdmin, pbxkit, Running, secret, simulator } from './support/pbxkit.js'

const events = (port: number, ...args: string[]) => ['ami', 'events', ...asAdmin(port), ...args]
const parse = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('ami events', () => {
  it('ends after --count events: NDJSON in a pipe, nothing else on either stream', async () => {
    const { port } = await simulator({ rate: 500 })
    const result = await pbxkit(events(port, '--count', '5'), { env: secret })
    expect(result).toMatchObject({ status: 0, stderr: '' })
    expect(parse(result.stdout)).toHaveLength(5)
    for (const event of parse(result.stdout))
      expect(event).toMatchObject({ Event: expect.any(String), Privilege: expect.any(String) })
  })

  it('ends after --duration, with 0 though nothing came', async () => {
    const { port } = await simulator()
    expect(await pbxkit(events(port, '--duration', '100ms', '--filter', 'Event=Nothing'), { env: secret })).toMatchObject({
      status: 0,
      stdout: '',
      stderr: ''
    })
  })

  it('prints what any --filter lets through, and only that', async () => {
    const { port } = await simulator({ rate: 500 })
    const args = ['--filter', 'Event=Hang*', '--filter', 'Event=Newchannel,Channel=PJSIP/*,ChannelState!=6', '--count', '20']
    const found = parse((await pbxkit(events(port, ...args), { env: secret })).stdout)
    expect(found).toHaveLength(20)
    expect(new Set(found.map(({ Event }) => Event)).has('Hangup')).toBe(true)
    for (const { Event, Channel } of found) expect(Event === 'Newchannel' ? Channel : Event).toMatch(/^(PJSIP\/|Hangup)/)
  })

  it('asks the server for --events classes only', async () => {
    const { port } = await simulator({ rate: 500 })
    const found = parse((await pbxkit(events(port, '--events', 'dialplan', '--count', '10'), { env: secret })).stdout)
    for (const { Privilege } of found) expect(Privilege).toBe('dialplan,all')
  })

  it('remarks on a class of events that nobody knows: a typo would be silence', async () => {
    const { port } = await simulator({ rate: 500 })
    const { status, stderr } = await pbxkit(events(port, '--events', 'dialpaln,call', '--count', '1'), { env: secret })
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringMatching(/^pbxkit: no class .*: dialpaln\. Known are /)
    })
  })

  it('prints blocks with --format blocks', async () => {
    const { port } = await simulator({ rate: 500 })
    const { stdout } = await pbxkit(events(port, '--format', 'blocks', '--count', '1', '--filter', 'Event=Newchannel'), {
      env: secret
    })
    expect(stdout).toMatch(/^Event: Newchannel\nPrivilege: call,all\n[\s\S]*\n\n$/)
  })

  it('refuses a filter that is none, before it connects', async () => {
    expect(await pbxkit(events(1, '--filter', 'Hangup'), { env: secret })).toMatchObject({
      status: 64,
      stdout: '',
      stderr: expect.stringContaining('not a filter term')
    })
  })

  it('is interrupted by SIGINT with 130', async () => {
    const { port } = await simulator({ rate: 100 })
    const running = new Running(events(port), { env: secret })
    await running.says(/\n/, 'stdout')
    running.child.kill('SIGINT')
    expect(await running.exit).toMatchObject({ status: 130, stderr: '' })
  })

  it('comes back when the server goes and comes back, and says so on stderr', async () => {
    const first = await startOn(0)
    const running = new Running(events(first.port, '--filter', 'Event=Newchannel'), { env: secret })
    await running.says(/Newchannel/, 'stdout')
    await first.stop()
    await running.says(/was lost; next try in \d+\.\d s/)
    const before = running.stdout.split('\n').length
    const second = await startOn(first.port)
    await running.says(/connected again/)
    await running.says(new RegExp(`(.*\\n){${before + 1}}`), 'stdout')
    running.child.kill('SIGTERM')
    expect((await running.exit).status).toBe(130)
    await second.stop()
  })

  it('ends with 69 when the server goes and --no-reconnect was given', async () => {
    const server = await startOn(0)
    const running = new Running(events(server.port, '--no-reconnect'), { env: secret })
    await running.says(/\n/, 'stdout')
    await server.stop()
    expect(await running.exit).toMatchObject({ status: 69, stderr: expect.stringContaining('was lost') })
  })

  async function startOn(port: number) {
    const stop = new AbortController()
    const running = await startSimulator({ listen: [{ host: '127.0.0.1', port }], rate: 100, graceMs: 0 }, stop.signal)
    const end = async () => {
      stop.abort()
      await running.closed
    }
    return { port: running.addresses[0]!.port, stop: end }
  }
})
