import type net from 'node:net'
import { describe, expect, it } from 'vitest'
import { application, call, connect, outcome, serve, useAccounts } from '../../support/tunnel-server.js'

useAccounts()

const ended = ['SUCCESS', 'SUCCESS', undefined]
const busy = ['SUCCESS', 'FAILED', 'busy']

/** An application that holds its calls. */
async function holding(): Promise<{ port: number; held: net.Socket[] }> {
  const held: net.Socket[] = []
  return { port: await application((socket) => held.push(socket)), held }
}

describe.each([1, 2] as const)('calls of a user, protocol %i', (protocol) => {
  it('are not more than --max-calls-per-user, whatever connections there are, and there is room again after one', async () => {
    const { port, agiPort } = await serve({ maxCallsPerUser: 2, maxTunnelsPerUser: 9 })
    const app = await holding()
    await connect(port, app.port, { protocol, calls: 4 })
    const calls = [call(agiPort), call(agiPort)]
    await expect.poll(() => app.held.length).toBe(2)
    expect(outcome(await call(agiPort))).toEqual(busy)
    app.held[0]!.end()
    expect(outcome(await calls[0]!)).toEqual(ended)
    const next = call(agiPort)
    await expect.poll(() => app.held.length).toBe(3)
    for (const socket of app.held) socket.end()
    expect([outcome(await calls[1]!), outcome(await next)]).toEqual([ended, ended])
  })

  it('wait for room as long as for a tunnel', async () => {
    const { port, agiPort } = await serve({ maxCallsPerUser: 1, maxTunnelsPerUser: 9, connectGraceMs: 10_000 })
    const app = await holding()
    await connect(port, app.port, { protocol, calls: 2 })
    const first = call(agiPort)
    await expect.poll(() => app.held.length).toBe(1)
    const second = call(agiPort)
    app.held[0]!.end()
    expect(outcome(await first)).toEqual(ended)
    await expect.poll(() => app.held.length).toBe(2)
    app.held[1]!.end()
    expect(outcome(await second)).toEqual(ended)
  })

  it('count also on tunnels that others have taken over from', async () => {
    const { port, agiPort } = await serve({ maxCallsPerUser: 1, secondLogin: 'take-over' })
    const app = await holding()
    await connect(port, app.port, { protocol, calls: 1 })
    const first = call(agiPort)
    await expect.poll(() => app.held.length).toBe(1)
    await connect(port, app.port, { protocol, calls: 1 })
    expect(outcome(await call(agiPort))).toEqual(busy)
    app.held[0]!.end()
    expect(outcome(await first)).toEqual(ended)
  })
})

describe('a client that takes few calls', () => {
  it('is passed by while it has them, though it is the least busy one', async () => {
    const { port, agiPort, status } = await serve({ maxCallsPerUser: 9 })
    const [small, large] = [await holding(), await holding()]
    await connect(port, large.port, { calls: 8 })
    const calls = [call(agiPort), call(agiPort)]
    await expect.poll(() => large.held.length).toBe(2)
    await connect(port, small.port, { calls: 1 })
    calls.push(call(agiPort))
    await expect.poll(() => small.held.length).toBe(1)
    calls.push(call(agiPort))
    await expect.poll(() => large.held.length).toBe(3)
    expect(status().tunnels.map((tunnel) => tunnel.calls)).toEqual([3, 1])
    for (const socket of [...small.held, ...large.held]) socket.end()
    expect((await Promise.all(calls)).map(outcome)).toEqual(calls.map(() => ended))
  })
})
