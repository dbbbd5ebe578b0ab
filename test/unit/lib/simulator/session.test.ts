import { once } from 'node:events'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ListenError } from '../../../../src/lib/errors.js'
import { type RunningSimulator, startSimulator } from '../../../../src/lib/simulator/simulator.js'
import { ManualClock, TestClient } from './test-client.js'

const anyPort = { host: '127.0.0.1', port: 0 }
let stop: AbortController
let clock: ManualClock
let simulator: RunningSimulator

beforeEach(async () => {
  stop = new AbortController()
  clock = new ManualClock()
  simulator = await startSimulator(
    {
      listen: [anyPort, anyPort],
      clock,
      users: new Map([
        ['admin', 'secret'],
        ['jürgen', 'grün']
      ])
    },
    stop.signal
  )
})

afterEach(async () => {
  stop.abort()
  clock.advance(10_000)
  await simulator.closed
})

const address = () => simulator.addresses[0]!
const userEvent = 'Action: UserEvent\r\nUserEvent: Hello\r\n\r\n'

describe('a session', () => {
  it('is closed after 30 s without a login, and not a moment before', async () => {
    const client = await TestClient.connect(address())
    clock.advance(29_999)
    expect(await client.exchange('')).toBe('')
    clock.advance(1)
    await client.closed
  })

  it('stays once it has logged in', async () => {
    const client = await TestClient.login(address())
    clock.advance(31_000)
    expect(await client.exchange('Action: Events\r\nEventMask: off\r\n\r\n')).toContain('Events: Off')
  })

  it('answers a failed login after a second only', async () => {
    const client = await TestClient.connect(address())
    client.received = ''
    client.send('Action: Login\r\nUsername: admin\r\nSecret: no\r\n\r\n')
    await TestClient.login(address())
    clock.advance(999)
    await TestClient.login(address())
    expect(client.received).toBe('')
    clock.advance(1)
    await client.closed
    expect(client.received).toBe('Response: Error\r\nMessage: Authentication failed\r\n\r\n')
  })

  it('gets another challenge each time', async () => {
    const client = await TestClient.connect(address())
    const challenge = async () => /Challenge: (\d+)/.exec(await client.exchange('Action: Challenge\r\nAuthType: MD5\r\n\r\n'))![1]
    expect(await challenge()).not.toBe(await challenge())
  })

  it('reads nothing after a failed login, not even the right one', async () => {
    const client = await TestClient.connect(address())
    client.received = ''
    client.send(
      'Action: Login\r\nUsername: admin\r\nSecret: no\r\n\r\nAction: Login\r\nUsername: admin\r\nSecret: secret\r\n\r\n'
    )
    await TestClient.login(address())
    clock.advance(1000)
    await client.closed
    expect(client.received).toBe('Response: Error\r\nMessage: Authentication failed\r\n\r\n')
  })

  it('has the bytes of a UserEvent sent on as they are', async () => {
    const client = await TestClient.login(address())
    expect(await client.exchange('Action: UserEvent\r\nUserEvent: \xff\xe9\r\nKey: \x80\r\n\r\n')).toContain(
      'UserEvent: \xff\xe9\r\nKey: \x80\r\n'
    )
  })

  it('compares names and secrets as bytes', async () => {
    const client = await TestClient.connect(address())
    client.send(Buffer.from('Action: Login\r\nUsername: jürgen\r\nSecret: grün\r\n\r\n', 'utf8').toString('latin1'))
    await client.until(() => client.received.includes('Authentication accepted'))
  })

  it('gets every event, none, or those of its classes', async () => {
    const all = await TestClient.login(address())
    const none = await TestClient.login(address(), 'off')
    const calls = await TestClient.login(address(), 'call,dialplan')
    const sent = await all.exchange(userEvent)
    expect(sent).toContain('Event: UserEvent\r\nPrivilege: user,all\r\nUserEvent: Hello\r\n')
    expect(await none.exchange('')).toBe('')
    expect(await calls.exchange('')).toBe('')
    await all.exchange('Action: Originate\r\nChannel: Local/s@demo\r\nApplication: Echo\r\n\r\n')
    await calls.exchange('')
    expect(await none.exchange(userEvent)).toBe('Response: Success\r\nMessage: Event Sent\r\n\r\n')
    expect(await calls.exchange('Action: Events\r\nEventMask: user\r\n\r\n')).toContain('Events: On')
    expect(await calls.exchange(userEvent)).toContain('Event: UserEvent')
  })

  it('is sent away when its action does not end, with an error', async () => {
    const client = await TestClient.connect(address())
    const chunk = 'a'.repeat(64 * 1024)
    for (let sent = 0; sent < 40; sent++) client.send(chunk)
    await client.closed
    expect(client.received).toContain('Response: Error\r\nMessage: Failed to parse message: line too long\r\n')
  })

  it('is dropped when it does not read', async () => {
    const client = await TestClient.login(address())
    client.socket.pause()
    const other = await TestClient.login(address(), 'off')
    // Until the kernel's buffers and the queue are full: far below this bound.
    for (let round = 0; round < 400 && simulator.sessions > 1; round++)
      await other.exchange(`Action: UserEvent\r\n${`H: ${'x'.repeat(1000)}\r\n`.repeat(100)}\r\n`)
    expect(simulator.sessions).toBe(1)
  })

  it('does not answer what follows a Logoff', async () => {
    const client = await TestClient.login(address())
    client.received = ''
    client.send('Action: Logoff\r\n\r\nAction: Ping\r\n\r\n')
    await client.closed
    expect(client.received).toBe('Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n')
  })

  it('survives garbage', async () => {
    const client = await TestClient.login(address())
    client.send('\xff\0\r\n\r\n::::\n\nAction\n\n'.repeat(50))
    expect(await client.exchange('Action: Getvar\r\nVariable: __proto__\r\n\r\n')).toContain('Value: \r\n')
    expect(await client.exchange('Action: constructor\r\n\r\n')).toContain('Invalid/unknown command: constructor.')
    expect(await client.exchange('Action: Command\r\nCommand: constructor\r\n\r\n')).toContain("No such command 'constructor'")
  })
})

describe('the simulator', () => {
  it('listens on every address', async () => {
    expect(simulator.addresses).toHaveLength(2)
    for (const each of simulator.addresses) await TestClient.login(each)
  })

  it('ends its sessions when it is stopped, and destroys those that do not close', async () => {
    const polite = await TestClient.login(address())
    const stubborn = net.connect({ ...address(), allowHalfOpen: true })
    await once(stubborn, 'data')
    stop.abort()
    await polite.closed
    clock.advance(1000)
    await simulator.closed
    expect(simulator.sessions).toBe(0)
    stubborn.destroy()
  })

  it('does not start on a port that is taken', async () => {
    const start = startSimulator({ listen: [anyPort, address()] }, stop.signal)
    await expect(start).rejects.toBeInstanceOf(ListenError)
  })

  it('does not start when it has been stopped already', async () => {
    const reason = new Error('stopped')
    await expect(startSimulator({ listen: [anyPort] }, AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})
