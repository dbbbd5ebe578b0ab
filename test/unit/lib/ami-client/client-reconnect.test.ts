import { describe, expect, it, onTestFinished } from 'vitest'
import { AmiClient, type ClientOptions } from '../../../../src/lib/ami-client/client.js'
import { ConnectionLostError, type PbxkitError } from '../../../../src/lib/errors.js'
import { type ScriptedServer, scriptedServer } from '../../support/scripted-server.js'

const soon = { timeoutMs: 5000 }

async function open(server: ScriptedServer, other: Partial<ClientOptions>): Promise<AmiClient> {
  const client = await AmiClient.open({
    connect: { host: '127.0.0.1', port: server.port, timeoutMs: 5000 },
    credentials: { username: 'admin', secret: 'yoyodyne11', auth: 'md5', events: 'on' },
    timeoutMs: 5000,
    reconnect: { initialMs: 2, maxMs: 8 },
    ...other
  })
  onTestFinished(() => client.close())
  return client
}

/** A promise and what settles it. */
function signal(): { came: Promise<void>; give: () => void } {
  let give!: () => void
  const came = new Promise<void>((resolve) => (give = resolve))
  return { came, give }
}

describe('AmiClient that comes back', () => {
  it('logs in anew after a loss, and answers again', async () => {
    const up = signal()
    const waits: (number | undefined)[] = []
    const server = await scriptedServer(async (connection, index) => {
      await connection.acceptLogin()
      const ping = await connection.next()
      if (index === 0) connection.socket.destroy()
      else connection.say(`Response: Success\nActionID: ${ping.get('ActionID')}\nConnection: ${index}`)
    })
    const client = await open(server, { onUp: up.give, onDown: (_, retryInMs) => waits.push(retryInMs) })
    await expect(client.send([['Action', 'Ping']], soon)).rejects.toThrow(ConnectionLostError)
    await up.came
    const { response } = await client.send([['Action', 'Ping']], soon)
    expect(response.get('Connection')).toBe('1')
    expect(waits).toHaveLength(1)
    expect(waits[0]).toBeLessThanOrEqual(2)
  })

  it('never sends an action twice', async () => {
    const up = signal()
    const server = await scriptedServer(async (connection, index) => {
      await connection.acceptLogin()
      if (index > 0) return
      await connection.next()
      connection.socket.destroy()
    })
    const client = await open(server, { onUp: up.give })
    await expect(client.send([['Action', 'Originate']], soon)).rejects.toThrow(ConnectionLostError)
    await up.came
    expect(server.connections.map(({ received }) => received.includes('Originate'))).toEqual([true, false])
  })

  it('tries again, with longer waits, as long as the server refuses', async () => {
    const up = signal()
    const downs: { error: PbxkitError; retryInMs: number | undefined }[] = []
    const server = await scriptedServer(async (connection, index) => {
      if (index >= 1 && index <= 4) connection.socket.end('SSH-2.0-x\r\n')
      else {
        await connection.acceptLogin()
        if (index === 0) connection.socket.end()
      }
    })
    await open(server, { onUp: up.give, onDown: (error, retryInMs) => downs.push({ error, retryInMs }) })
    await up.came
    expect(downs.map(({ error }) => error.code)).toEqual(['E_CONNECTION_LOST', ...Array(4).fill('E_PROTOCOL')])
    const bounds = [2, 4, 8, 8, 8]
    for (const [i, { retryInMs }] of downs.entries()) {
      expect(retryInMs).toBeGreaterThanOrEqual(bounds[i]! / 2)
      expect(retryInMs).toBeLessThanOrEqual(bounds[i]!)
    }
  })

  it('refuses actions at once while it is away', async () => {
    const down = signal()
    const server = await scriptedServer(async (connection) => {
      await connection.acceptLogin()
      connection.socket.end()
    })
    const client = await open(server, { reconnect: { initialMs: 60_000, maxMs: 60_000 }, onDown: down.give })
    await down.came
    await expect(client.send([['Action', 'Ping']], soon)).rejects.toThrow(/Ping was not sent: there is no connection/)
  })

  it('does not come back after close', async () => {
    const down = signal()
    const server = await scriptedServer(async (connection) => {
      await connection.acceptLogin()
      connection.socket.end()
    })
    const client = await open(server, { onDown: down.give, reconnect: { initialMs: 60_000, maxMs: 60_000 } })
    await down.came
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    client.close()
    await client.closed
    expect(timers()).toBe(before - 1)
    expect(server.connections).toHaveLength(1)
  })

  it('drops a connection that is made while it is closed', async () => {
    const second = signal()
    const gone = signal()
    const server = await scriptedServer(async (connection, index) => {
      if (index === 0) {
        await connection.acceptLogin()
        connection.socket.end()
        return
      }
      second.give()
      connection.socket.on('close', gone.give)
      await closed.came
      await connection.acceptLogin()
    })
    const closed = signal()
    const client = await open(server, { onUp: () => expect.unreachable() })
    await second.came
    client.close()
    await client.closed
    closed.give()
    await gone.came
  })

  it('does not retry the first connection', async () => {
    const server = await scriptedServer((connection) => connection.socket.end())
    await expect(open(server, {})).rejects.toThrow(ConnectionLostError)
    expect(server.connections).toHaveLength(1)
  })
})
