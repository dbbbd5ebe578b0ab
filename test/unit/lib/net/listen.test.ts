import net from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ListenError } from '../../../../src/lib/errors.js'
import { listen } from '../../../../src/lib/net/listen.js'

function server(): net.Server {
  const created = net.createServer()
  onTestFinished(() => void created.close())
  return created
}

describe('listen', () => {
  it('picks a free port for 0 and says which', async () => {
    const created = server()
    const { host, port } = await listen(created, { host: '127.0.0.1', port: 0 })
    expect(host).toBe('127.0.0.1')
    expect(port).toBe((created.address() as net.AddressInfo).port)
    expect(port).toBeGreaterThan(0)
  })

  it('says that another program has the port', async () => {
    const { port } = await listen(server(), { host: '127.0.0.1', port: 0 })
    const failure = listen(server(), { host: '127.0.0.1', port })
    await expect(failure).rejects.toThrow(ListenError)
    await expect(failure).rejects.toMatchObject({
      exit: 74,
      details: { reason: 'EADDRINUSE' },
      hint: expect.stringContaining(`Another program has port ${port}`)
    })
  })

  it('says that an address is not of this machine', async () => {
    await expect(listen(server(), { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      details: { reason: 'EADDRNOTAVAIL' },
      hint: '192.0.2.1 is not an address of this machine.'
    })
  })

  it('leaves the error listeners of its caller, and none of its own', async () => {
    const created = server()
    const mine = () => {}
    created.on('error', mine)
    await listen(created, { host: '127.0.0.1', port: 0 })
    expect(created.listeners('error')).toEqual([mine])
  })

  it('may be tried again with the same server', async () => {
    const taken = await listen(server(), { host: '127.0.0.1', port: 0 })
    const created = server()
    await expect(listen(created, taken)).rejects.toThrow(ListenError)
    expect([created.listenerCount('listening'), created.listenerCount('error')]).toEqual([0, 0])
    expect((await listen(created, { host: '127.0.0.1', port: 0 })).port).not.toBe(taken.port)
  })
})
