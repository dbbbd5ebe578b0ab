import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningSimulator, startSimulator } from '../../../../src/lib/simulator/simulator.js'
import actions from '../../../fixtures/simulator/asterisk22-actions.json' with { type: 'json' }
import calls from '../../../fixtures/simulator/asterisk22-calls.json' with { type: 'json' }
import security from '../../../fixtures/simulator/asterisk22-security.json' with { type: 'json' }
import { blocksOf, normalise, shapeOf } from './normalise.js'
import { ManualClock, TestClient } from './test-client.js'

let stop: AbortController
let clock: ManualClock
let simulator: RunningSimulator

beforeEach(async () => {
  stop = new AbortController()
  clock = new ManualClock()
  const options = { listen: [{ host: '127.0.0.1', port: 0 }], clock, callSeconds: 2, random: (max: number) => max - 1 }
  simulator = await startSimulator(options, stop.signal)
})

afterEach(async () => {
  stop.abort()
  clock.advance(10_000)
  await simulator.closed
})

const address = () => simulator.addresses[0]!

/** The simulated PBX has other devices and queue members: its lists are compared by their shape. */
const worldActions = /^Action: (DeviceStateList|QueueStatus|QueueSummary)\r\n/

function title(send: string): string {
  return send.trimEnd().replaceAll('\r\n', ' | ').replaceAll('\n', ' | ').slice(0, 90) || '(empty lines)'
}

describe('answers as Asterisk 22 was recorded to answer', () => {
  it('greets with the banner', async () => {
    const client = await TestClient.connect(address())
    expect(client.received).toBe(actions.unauthenticated[0]!.receive)
  })

  for (const { send, receive } of actions.unauthenticated.slice(1, -1)) {
    it(`before login: ${title(send)}`, async () => {
      const client = await TestClient.connect(address())
      expect(normalise(await client.exchange(send))).toBe(normalise(receive))
    })
  }

  it('to a whole session, action by action', async () => {
    const client = await TestClient.connect(address())
    for (const { send, receive } of actions.session) {
      const answer = await client.exchange(send)
      if (worldActions.test(send)) expect(shapes(answer), title(send)).toEqual(shapes(receive))
      else if (send.startsWith('Action: ListCommands')) expectSomeLinesOf(answer, receive)
      else expect(normalise(answer), title(send)).toBe(normalise(receive))
    }
  })

  it('to odd lines and ActionIDs, byte for byte', async () => {
    const client = await TestClient.connect(address())
    for (const { send, receive } of actions.limits.slice(0, -1)) {
      expect(normalise(await client.exchange(send)), title(send)).toBe(normalise(receive))
    }
    client.received = ''
    client.send(actions.limits.at(-1)!.send)
    await client.closed
    expect(client.received).toBe(actions.limits.at(-1)!.receive)
  })

  for (const { name, login, watcherSees } of security.logins) {
    it(`to a login (${name}), and tells the other sessions`, async () => {
      const watcher = await TestClient.login(address())
      const client = await TestClient.connect(address())
      watcher.received = ''
      const challenge = String(2 ** 31 - 1)
      const key = createHash('md5').update(`${challenge}secret`).digest('hex')
      if (name.startsWith('md5') && !name.includes('without')) await client.exchange('Action: Challenge\r\nAuthType: MD5\r\n\r\n')
      const accepted = watcherSees.includes('SuccessfulAuth')
      const response = name === 'md5 upper' ? key.toUpperCase() : name === 'md5' ? key : '00'
      client.send(login.replace(/Key: .*?(?=\r)/, `Key: ${response}`))
      if (accepted) await client.until(() => client.received.includes('Authentication accepted'))
      else await failedLogin(client)
      const seen = watcher.received + (await watcher.exchange(''))
      const events = blocksOf(seen)
        .filter((block) => block.startsWith('Event:'))
        .join('')
      const wanted = watcherSees
        .replace(/^Challenge: .*?(?=\r)/m, `Challenge: ${challenge}`)
        .replace(/^Response: (?!00).*?(?=\r)/m, `Response: ${response}`)
      if (watcherSees !== '') expect(normalise(events)).toBe(normalise(wanted))
      else expect(events).toBe('')
    })
  }

  async function failedLogin(client: TestClient): Promise<void> {
    client.received = ''
    await TestClient.connect(address())
    clock.advance(1000)
    await client.closed
    expect(client.received).toContain('Message: Authentication failed\r\n')
  }
})

describe('calls go as on Asterisk 22', () => {
  it('in every event of a series of calls', async () => {
    const client = await TestClient.connect(address())
    for (const { send, waitMs, receive } of calls.calls) {
      const answer = blocksOf(normalise(await client.exchange(send, () => clock.advance(waitMs))))
      const recorded = blocksOf(normalise(receive))
      expect(answer[0], title(send)).toBe(recorded[0])
      // Asterisk's threads race: all blocks are there, and those of one channel are in their order.
      expect([...answer].sort(), title(send)).toEqual([...recorded].sort())
      expect(byChannel(answer), title(send)).toEqual(byChannel(recorded))
    }
  })
})

function shapes(text: string): string[] {
  return blocksOf(text)
    .map(shapeOf)
    .filter((shape, index, all) => shape !== all[index - 1])
}

/** The simulator knows fewer actions than Asterisk, but words and sorts them the same. */
function expectSomeLinesOf(answer: string, recorded: string): void {
  const lines = answer.split('\r\n')
  expect(lines.length).toBeGreaterThan(20)
  expect(lines).toEqual(recorded.split('\r\n').filter((line) => lines.includes(line)))
}

/** OriginateResponse is left out: it comes from a thread of its own. */
function byChannel(blocks: readonly string[]): Record<string, string[]> {
  const channels: Record<string, string[]> = {}
  for (const block of blocks) {
    const id = /^Uniqueid: (U\d+)/m.exec(block)?.[1]
    if (id !== undefined && !block.startsWith('Event: OriginateResponse')) channels[id] = [...(channels[id] ?? []), block]
  }
  return channels
}
