import net from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ListenError } from '../../../../src/lib/errors.js'
import type { Address } from '../../../../src/lib/net/address.js'
import { serverOptions, startServer, startTestProxy, testOptions } from './support/proxy.js'
import { RawClient } from './support/raw-client.js'

const first: Address = { host: '127.0.0.1', port: 0 }
const second: Address = { host: '127.0.0.2', port: 0 }

describe('a reload with other listeners', () => {
  it('opens the new and closes the removed ones, and drops nobody', async () => {
    const server = await startServer()
    const servers = [serverOptions(server.port)]
    const proxy = await startTestProxy(servers, { listen: [first] })
    const before = proxy.address
    const client = await proxy.login()
    await proxy.running.reload(testOptions(servers, { listen: [second] }))
    const [after] = proxy.running.addresses as [Address]
    expect(after.host).toBe('127.0.0.2')
    const another = await RawClient.login(after)
    expect(await refusal(before)).toBe('ECONNREFUSED')
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\n\r\n')
    await client.block('Hangup')
    await another.block('Hangup')
    expect(proxy.log.find(({ message }) => message === 'settings reloaded')?.fields.listen).toEqual([`127.0.0.2:${after.port}`])
  })

  it('leaves all as it was when a port is not to be had: listeners, servers and users', async () => {
    const taken = net.createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void taken.close())
    const server = await startServer()
    const proxy = await startTestProxy([serverOptions(server.port)], { listen: [first] })
    const { port } = taken.address() as net.AddressInfo
    const reload = proxy.running.reload(testOptions([], { listen: [second, { host: '127.0.0.1', port }], accounts: undefined }))
    await expect(reload).rejects.toThrow(ListenError)
    expect(proxy.running.addresses).toEqual([proxy.address])
    await (await proxy.login()).ask('Action: Ping\r\n', '1')
    expect(server.connections).toBe(1)
  })

  it('leaves the listeners as they were when a certificate cannot be used', async () => {
    const server = await startServer()
    const servers = [serverOptions(server.port)]
    const proxy = await startTestProxy(servers, { listen: [first] })
    const reload = proxy.running.reload(testOptions(servers, { listen: [second], tls: { certFile: '/nonexistent' } }))
    await expect(reload).rejects.toThrow('/nonexistent')
    expect(proxy.running.addresses).toEqual([proxy.address])
  })
})

function refusal({ host, port }: Address): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port })
    socket.once('connect', () => resolve(undefined))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    onTestFinished(() => void socket.destroy())
  })
}
