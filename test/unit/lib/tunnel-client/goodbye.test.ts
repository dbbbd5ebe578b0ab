import net from 'node:net'
import { duplexPair } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { encodeHeaderBlock } from '../../../../src/lib/agi/header-block.js'
import { callHeaders } from '../../../../src/lib/agi-call/call-headers.js'
import type { YamuxSession } from '../../../../src/lib/net/yamux/session.js'
import { createRecord, InventedRecords } from '../../../../src/lib/scram/record.js'
import { acceptTunnel } from '../../../../src/lib/tunnel/protocol-2-server.js'
import { openCall } from '../../../../src/lib/tunnel/tunnel-call.js'
import { runTunnelClient } from '../../../../src/lib/tunnel-client/tunnel-client.js'

const record = await createRecord('secret', { iterations: 4096 })

/** A server that lets everybody in. */
async function server(): Promise<{ port: number; sessions: YamuxSession[] }> {
  const sessions: YamuxSession[] = []
  const listening = net.createServer({ allowHalfOpen: true }, async (socket) => {
    onTestFinished(() => void socket.destroy())
    const { session } = await acceptTunnel(socket, {
      findRecord: async () => record,
      invented: new InventedRecords(Buffer.from('x'), 4096),
      handler: { onStream: () => {}, onClosed: () => {} }
    })
    sessions.push(session)
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void listening.close())
  return { port: (listening.address() as net.AddressInfo).port, sessions }
}

it('a call of a tunnel that the server said goodbye to goes on, and a stop waits for it no longer than for others', async () => {
  const { port, sessions } = await server()
  const stop = new AbortController()
  const client = runTunnelClient(
    {
      ...{ host: '127.0.0.1', port, username: 'alice', password: 'secret', protocol: 2, timeoutMs: 5_000, drainMs: 10 },
      target: async () => duplexPair()[0],
      onEvent: () => {},
      backoff: { initialMs: 1, maxMs: 1 }
    },
    () => {},
    stop.signal
  )
  onTestFinished(() => stop.abort())
  await expect.poll(() => sessions.length).toBe(1)
  const headers = encodeHeaderBlock(callHeaders({ url: 'agi://127.0.0.1/' }))
  const call = await openCall(sessions[0]!, { metadata: {}, headers })
  sessions[0]!.goAway()
  await expect.poll(() => sessions.length).toBe(2)
  expect([sessions[0]!.isClosed, call.destroyed]).toEqual([false, false])
  stop.abort()
  await client
  await expect.poll(() => [sessions[0]!.isClosed, call.destroyed]).toEqual([true, true])
})
