import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ListenError } from '../../../../src/lib/errors.js'
import type { Address } from '../../../../src/lib/net/address.js'
import { ListenerSet } from '../../../../src/lib/net/listener-set.js'

const any: Address = { host: '127.0.0.1', port: 0 }
const anySecond: Address = { host: '127.0.0.2', port: 0 }
/** Not an address of any machine (RFC 5737). */
const foreign: Address = { host: '192.0.2.1', port: 0 }

describe('ListenerSet', () => {
  it('listens on all wishes and says where, in their order', async () => {
    const { set } = listeners()
    expect(set.addresses).toEqual([])
    await set.update([anySecond, any])
    expect(set.addresses.map(({ host }) => host)).toEqual(['127.0.0.2', '127.0.0.1'])
    for (const address of set.addresses) expect(await greeting(address)).toBe(`${address.host}:0`)
  })

  it('gives sockets that may be half open and do not collect small writes', async () => {
    const created = vi.spyOn(net, 'createServer')
    onTestFinished(() => created.mockRestore())
    const { set, sockets } = listeners()
    await set.update([any])
    await greeting(set.addresses[0]!)
    expect(sockets[0]!.allowHalfOpen).toBe(true)
    expect(created).toHaveBeenCalledWith(expect.objectContaining({ noDelay: true }))
  })

  it('keeps the port that it got for 0, and who is connected', async () => {
    const { set } = listeners()
    await set.update([any])
    const [before] = set.addresses
    const client = connectTo(before!)
    await once(client, 'data')
    await set.update([anySecond, { ...any }])
    expect(set.addresses[1]).toEqual(before)
    client.write('echo')
    expect(String((await once(client, 'data'))[0])).toBe('echo')
  })

  it('closes what is not wanted any more, and keeps who came by it', async () => {
    const { set } = listeners()
    await set.update([any, anySecond])
    const [removed, kept] = set.addresses as [Address, Address]
    const client = connectTo(removed)
    await once(client, 'data')
    await set.update([anySecond])
    expect(set.addresses).toEqual([kept])
    expect(await greeting(removed)).toBe('ECONNREFUSED')
    client.write('echo')
    expect(String((await once(client, 'data'))[0])).toBe('echo')
  })

  it('listens twice for two equal wishes of any port', async () => {
    const { set } = listeners()
    await set.update([any, any])
    const [first, second] = set.addresses as [Address, Address]
    expect(first.port).not.toBe(second.port)
    await set.update([any])
    expect(set.addresses).toEqual([first])
  })

  it('leaves all as it was when one of the new ones is not to be had', async () => {
    const { set } = listeners()
    await set.update([any])
    const before = set.addresses
    const opened = vi.spyOn(net, 'createServer')
    onTestFinished(() => opened.mockRestore())
    await expect(set.update([anySecond, foreign])).rejects.toThrow(ListenError)
    expect(set.addresses).toEqual(before)
    expect(await greeting(before[0]!)).toBe('127.0.0.1:0')
    expect(opened.mock.results.map(({ value }) => (value as net.Server).listening)).toEqual([false, false])
  })

  it('moves from one address to all of them on the same port', async () => {
    const { set } = listeners()
    await set.update([any])
    const { port } = set.addresses[0]!
    await set.update([{ host: '0.0.0.0', port }])
    expect(set.addresses).toEqual([{ host: '0.0.0.0', port }])
    expect(await greeting({ host: '127.0.0.1', port })).toBe('0.0.0.0:0')
  })

  it('takes back a listener that had made room in an update that fails', async () => {
    const { set } = listeners()
    await set.update([any])
    const before = set.addresses
    const { port } = before[0]!
    await expect(set.update([{ host: '0.0.0.0', port }, foreign])).rejects.toMatchObject({ details: { reason: 'EADDRNOTAVAIL' } })
    expect(set.addresses).toEqual(before)
    expect(await greeting(before[0]!)).toBe('127.0.0.1:0')
    await set.update([any])
    expect(set.addresses).toEqual(before)
    await set.update([])
    expect(await greeting(before[0]!)).toBe('ECONNREFUSED')
  })

  it('does not take the port of another program, or of a wish that stays', async () => {
    const { set } = listeners()
    const { set: other } = listeners()
    await Promise.all([set.update([any]), other.update([any])])
    const before = set.addresses
    await expect(set.update([other.addresses[0]!])).rejects.toMatchObject({ details: { reason: 'EADDRINUSE' } })
    await expect(set.update([any, before[0]!])).rejects.toMatchObject({ details: { reason: 'EADDRINUSE' } })
    expect(set.addresses).toEqual(before)
    expect(await greeting(before[0]!)).toBe('127.0.0.1:0')
  })

  it('runs one update after the other, after one that failed too', async () => {
    const { set } = listeners()
    const updates = [set.update([any]), set.update([foreign]), set.update([any, anySecond])]
    const outcomes = await Promise.allSettled(updates)
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(set.addresses.map(({ host }) => host)).toEqual(['127.0.0.1', '127.0.0.2'])
  })

  it('tells by which wish a client came, as it is in the last update', async () => {
    const seen: string[] = []
    const set = new ListenerSet<Address & { speaks: string }>({
      onConnection: (socket, { speaks }) => {
        seen.push(speaks)
        socket.end('hello')
      },
      onAcceptError: () => {}
    })
    onTestFinished(() => set.close())
    await set.update([{ ...any, speaks: 'tls' }])
    await greeting(set.addresses[0]!)
    await set.update([{ ...any, speaks: 'any' }])
    await greeting(set.addresses[0]!)
    expect(seen).toEqual(['tls', 'any'])
  })

  it('reports a client that could not be accepted, and goes on', async () => {
    const created = vi.spyOn(net, 'createServer')
    onTestFinished(() => created.mockRestore())
    const { set, errors } = listeners()
    await set.update([any])
    const error = new Error('accept EMFILE')
    const [server] = created.mock.results.map(({ value }) => value as net.Server)
    server!.emit('error', error)
    expect(errors).toEqual([error])
    expect(await greeting(set.addresses[0]!)).toBe('127.0.0.1:0')
  })

  it('closes for ever, in the middle of an update too', async () => {
    const { set } = listeners()
    await set.update([any])
    const [address] = set.addresses
    const opened = vi.spyOn(net, 'createServer')
    onTestFinished(() => opened.mockRestore())
    const update = set.update([any, anySecond])
    set.close()
    await update
    expect(set.addresses).toEqual([])
    expect(await greeting(address!)).toBe('ECONNREFUSED')
    expect(opened.mock.results.some(({ value }) => (value as net.Server).listening)).toBe(false)
  })
})

/** Greets each client with the wish that it came by, and echoes. */
function listeners() {
  const errors: Error[] = []
  const sockets: net.Socket[] = []
  const set = new ListenerSet({
    onConnection: (socket, { host }) => {
      sockets.push(socket)
      socket.on('error', () => {}).write(`${host}:0`)
      socket.pipe(socket)
    },
    onAcceptError: (error) => errors.push(error)
  })
  onTestFinished(() => {
    set.close()
    for (const socket of sockets) socket.destroy()
  })
  return { set, errors, sockets }
}

/** What a new client hears first, or why it is not connected. */
async function greeting(address: Address): Promise<string> {
  const client = connectTo(address)
  try {
    return String((await once(client, 'data'))[0])
  } catch (error) {
    return (error as NodeJS.ErrnoException).code!
  } finally {
    client.destroy()
  }
}

function connectTo({ host, port }: Address): net.Socket {
  const socket = net.connect(port, host)
  onTestFinished(() => void socket.destroy())
  return socket
}
