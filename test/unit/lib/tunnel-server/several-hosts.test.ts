import type net from 'node:net'
import { describe, expect, it } from 'vitest'
import type { UserDirectory } from '../../../../src/lib/tunnel-server/directory.js'
import { JoinedDirectory } from '../../../../src/lib/tunnel-server/joined-directory.js'
import { application, call, connect, outcome, serve, useAccounts } from '../../support/tunnel-server.js'

useAccounts()

/** Two servers that share a directory in memory. */
async function hosts(connectGraceMs = 50) {
  const all = new Set<UserDirectory>()
  const joinDirectory = (local: UserDirectory) => {
    all.add(local)
    return new JoinedDirectory(local, () => all)
  }
  const one = () => serve({ joinDirectory, connectGraceMs, maxCallsPerUser: 1 })
  return { a: await one(), b: await one(), all }
}

describe('several hosts', () => {
  it('take a call on one of them to a tunnel of another', async () => {
    const { a, b } = await hosts()
    await connect(b.port, await application((socket) => socket.end('SET VARIABLE WORD there\n')))
    const report = await call(a.agiPort)
    expect([...outcome(report), report.variables.WORD]).toEqual(['SUCCESS', 'SUCCESS', undefined, 'there'])
    expect([a.status().users, b.status().users]).toEqual([0, 1])
  })

  it('prefer their own', async () => {
    const { a, b } = await hosts()
    const answer = (word: string) => application((socket) => socket.end(`SET VARIABLE WORD ${word}\n`))
    await connect(b.port, await answer('b'))
    await connect(a.port, await answer('a'))
    expect((await call(a.agiPort)).variables.WORD).toBe('a')
  })

  it('let a call wait on one of them for a tunnel that comes to another', async () => {
    const { a, b } = await hosts(10_000)
    const report = call(a.agiPort)
    await connect(b.port, await application((socket) => socket.end()))
    expect(outcome(await report)).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })

  it('know a busy user from one that nobody has, and bear a host that fails', async () => {
    const { a, b, all } = await hosts()
    all.add({ find: () => Promise.reject(new Error('down')), has: () => Promise.reject(new Error('down')) })
    expect(outcome(await call(a.agiPort))).toEqual(['SUCCESS', 'FAILED', 'not-connected'])
    let came: (socket: net.Socket) => void = () => {}
    const app = new Promise<net.Socket>((resolve) => (came = resolve))
    await connect(b.port, await application((socket) => came(socket)))
    const first = call(a.agiPort)
    const socket = await app
    expect(outcome(await call(a.agiPort))).toEqual(['SUCCESS', 'FAILED', 'busy'])
    socket.end()
    expect(outcome(await first)).toEqual(['SUCCESS', 'SUCCESS', undefined])
  })
})
