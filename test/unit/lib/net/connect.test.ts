import { once } from 'node:events'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ConfigError, ConnectError, TimeoutError, TlsError } from '../../../../src/lib/errors.js'
import { connect, normalizePin, peerName } from '../../../../src/lib/net/connect.js'
import { scratchFile, scratchFolder } from '../../support/scratch.js'
import { scriptedServer } from '../../support/scripted-server.js'

describe('connect', () => {
  it('gives a socket that sends at once', async () => {
    const server = await scriptedServer((connection) => connection.raw('hello'))
    const socket = await connect({ host: '127.0.0.1', port: server.port, timeoutMs: 5000 })
    onTestFinished(() => void socket.destroy())
    expect(String((await once(socket, 'data'))[0])).toBe('hello')
    expect(socket.listenerCount('error')).toBe(0)
  })

  it('reaches a unix socket', async () => {
    const file = path.join(scratchFolder(), 'ami.sock')
    const server = net.createServer((socket) => socket.end('hello')).listen(file)
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const socket = await connect({ host: 'not-used.invalid', port: 1, path: file, timeoutMs: 5000 })
    expect(String((await once(socket, 'data'))[0])).toBe('hello')
    socket.destroy()
  })

  it('says that nothing listens on a port', async () => {
    const server = await scriptedServer(() => {})
    await server.close()
    await expect(connect({ host: '127.0.0.1', port: server.port, timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'E_CONNECT',
      exit: 69,
      message: expect.stringContaining(`Cannot connect to 127.0.0.1:${server.port}`),
      hint: expect.stringContaining('Nothing listens there'),
      details: { reason: 'ECONNREFUSED' }
    })
  })

  it('tells every address of a name that was tried', async () => {
    const server = await scriptedServer(() => {})
    await server.close()
    await expect(connect({ host: 'localhost', port: server.port, timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'E_CONNECT',
      message: expect.stringContaining('ECONNREFUSED'),
      details: { reason: 'ECONNREFUSED' }
    })
  })

  it('says that a unix socket is missing', async () => {
    const file = path.join(scratchFolder(), 'missing.sock')
    const failure = connect({ host: 'x', port: 1, path: file, timeoutMs: 5000 })
    await expect(failure).rejects.toThrow(ConnectError)
    await expect(failure).rejects.toMatchObject({ hint: 'There is no such socket file.', message: expect.stringContaining(file) })
  })

  it('gives up a TLS handshake that is not answered', async () => {
    const server = await scriptedServer(() => {})
    const failure = connect({ host: '127.0.0.1', port: server.port, tls: {}, timeoutMs: 30 })
    await expect(failure).rejects.toThrow(TimeoutError)
    await expect(failure).rejects.toThrow(/^No connection to 127\.0\.0\.1:\d+ \(TLS\) within 0.03 s/)
  })

  it('says that the peer closed during the handshake', async () => {
    const server = await scriptedServer((connection) => connection.socket.destroy())
    await expect(connect({ host: '127.0.0.1', port: server.port, tls: {}, timeoutMs: 5000 })).rejects.toThrow(ConnectError)
  })

  it('says that the peer speaks no TLS', async () => {
    const server = await scriptedServer((connection) => connection.raw('Asterisk Call Manager/11.0.0\r\n'))
    await expect(connect({ host: '127.0.0.1', port: server.port, tls: {}, timeoutMs: 5000 })).rejects.toThrow(TlsError)
  })

  it('refuses a CA file without any certificate', async () => {
    const caFile = scratchFile('ca.pem', 'no certificate\n')
    const failure = connect({ host: '127.0.0.1', port: 1, tls: { caFile }, timeoutMs: 5000 })
    await expect(failure).rejects.toThrow(ConfigError)
    await expect(failure).rejects.toThrow(caFile)
  })

  it('rejects with the reason of its signal, before and meanwhile', async () => {
    const server = await scriptedServer(() => {})
    const reason = new Error('stop')
    const options = { host: '127.0.0.1', port: server.port, timeoutMs: 5000 }
    await expect(connect({ ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const pending = connect({ ...options, tls: {}, signal: controller.signal })
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
  })
})

describe('peerName', () => {
  it('is the socket file, or the address with its TLS', () => {
    expect(peerName({ host: 'pbx', port: 5038 })).toBe('pbx:5038')
    expect(peerName({ host: '::1', port: 5039, tls: {} })).toBe('[::1]:5039 (TLS)')
    expect(peerName({ host: 'pbx', port: 5038, path: '/run/ami.sock' })).toBe('/run/ami.sock')
  })
})

describe('normalizePin', () => {
  const hex = 'ab'.repeat(32)

  it.each([hex, hex.toUpperCase(), `sha256:${hex}`, `SHA256/${hex}`, `sha256:${hex.match(/../g)!.join(':')}`])(
    'reads %s',
    (pin) => {
      expect(normalizePin(pin)).toBe(hex)
    }
  )

  it.each(['', 'sha256:', hex.slice(2), `${hex}ab`, `sha1:${hex}`, `g${hex.slice(1)}`])('refuses "%s"', (pin) => {
    expect(() => normalizePin(pin)).toThrow(ConfigError)
  })
})
