import { describe, expect, it, vi } from 'vitest'
import { AuditedAction } from '../../../../src/lib/proxy/audit/audited-action.js'
import { ClientRequester } from '../../../../src/lib/proxy/client-requester.js'
import { startPair, untilTrue } from './support/proxy.js'

/** A proxy, and who was said to wait for the answers of the actions that went to its server. */
async function watchedPair(script: Parameters<typeof startPair>[0] = {}) {
  const { server, proxy } = await startPair(script)
  const watcher = await proxy.login({ user: 'bob', secret: 'bob-secret' })
  await untilTrue(watcher, () => proxy.running.servers.first !== undefined)
  const send = vi.spyOn(proxy.running.servers.first!, 'send')
  const askers = () =>
    send.mock.calls.map(
      ([, , , requester]) => (requester instanceof AuditedAction ? requester.asker : requester) as ClientRequester
    )
  return { server, proxy, watcher, askers }
}

const originate = 'Action: Originate\r\nChannel: Local/s@demo\r\nAsync: true\r\nActionID: mine\r\n\r\n'

describe('an action that is remembered', () => {
  it('does not keep the client that has gone', async () => {
    const { proxy, watcher, askers } = await watchedPair()
    const client = await proxy.login()
    client.send(originate)
    await client.block('ActionID: mine')
    const [asker] = askers()
    expect(asker).toBeInstanceOf(ClientRequester)
    expect(asker!.client).toBeDefined()
    client.socket.destroy()
    await untilTrue(watcher, () => asker!.client === undefined)
  })

  it('keeps it until what was in flight is settled', async () => {
    const { proxy, server, watcher, askers } = await watchedPair({ onAction: () => {} })
    const client = await proxy.login()
    client.send(originate)
    const { id } = await server.takeFirst()
    // Whoever only closes its half still gets the answer.
    client.socket.resetAndDestroy()
    await untilTrue(watcher, () => proxy.log.some(({ message }) => message === 'client gone'))
    expect(askers()[0]!.client).toBeDefined()
    server.emit(`Response: Success\r\nActionID: ${id}\r\nMessage: queued\r\n\r\n`)
    await untilTrue(watcher, () => askers()[0]!.client === undefined)
    // What it causes later is told to the others all the same.
    server.emit(`Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: ${id}\r\nResponse: Success\r\n\r\n`)
    expect(await watcher.block('Event: OriginateResponse')).not.toContain('ActionID')
  })
})
