import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { MetricsAccess } from '../../../../src/lib/access/metrics-access.js'
import { metadataFor } from '../../../../src/lib/tunnel-server/metadata.js'
import { readTunnelStatus } from '../../../../src/lib/tunnel-server/status.js'
import { application, call, connect, outcome, raw, serve, token, useAccounts } from '../../support/tunnel-server.js'

useAccounts()

const certFile = path.join(import.meta.dirname, '../../../fixtures/tls/server.crt')
const keyFile = path.join(import.meta.dirname, '../../../fixtures/tls/server.key')

interface Page {
  status: number | undefined
  headers: http.IncomingHttpHeaders
  body: string
}

function get(port: number, path: string, { secure = false, host = `localhost:${port}`, method = 'GET' } = {}): Promise<Page> {
  const socket = secure
    ? tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : net.connect({ port, host: '127.0.0.1' })
  onTestFinished(() => void socket.destroy())
  return new Promise((resolve, reject) => {
    const request = http.request({ path, method, headers: { Host: host }, createConnection: () => socket }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
    })
    request.on('error', reject).end()
  })
}

describe('the metadata', () => {
  it('tell a client of the original where to connect, as a map that sandbox.rb reads', async () => {
    const { port } = await serve()
    const { status, headers, body } = await get(port, '/component/1.0')
    expect([status, headers['content-type']]).toEqual([200, 'text/yaml; charset=utf-8'])
    expect(body.startsWith(`connect_to:\n  host: localhost\n  port: ${port}\n`)).toBe(true)
    expect(parse(body)).toEqual({ connect_to: { host: 'localhost', port }, protocols: [2, 1], tls: false })
  })

  it('tell inside TLS by which pin the certificate is known, and what the operator wants to say', async () => {
    const metadata = { publicAddress: { host: 'tunnel.example.org', port: 443 }, message: 'Hello: "there"' }
    const { port } = await serve({ tls: { certFile, keyFile }, metadata })
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    onTestFinished(() => void socket.destroy())
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    const pin = `sha256:${socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase()}`
    const { body } = await get(port, '/component/2.0', { secure: true })
    const connectTo = { host: 'tunnel.example.org', port: 443 }
    expect(parse(body)).toEqual({ connect_to: connectTo, protocols: [2, 1], tls: true, pin, message: 'Hello: "there"' })
  })

  it('make a version that is not served stay off, at 410', async () => {
    const { port } = await serve({ protocol1: false })
    const { status, body } = await get(port, '/component/1.0')
    expect([status, parse(body)]).toEqual([410, expect.objectContaining({ error: 'upgrade required', protocols: [2] })])
    expect((await get(port, '/component/2.0')).status).toBe(200)
    expect((await get(port, '/component/0.9')).status).toBe(404)
  })

  it.each([
    ['evil\r\nX: y', '192.0.2.1'],
    ['a b', '192.0.2.1'],
    ['a:99999', '192.0.2.1'],
    ['x'.repeat(300), '192.0.2.1'],
    [undefined, '192.0.2.1'],
    ['tunnel.example.org', 'tunnel.example.org'],
    ['[2001:db8::1]:5', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1']
  ])('take no other word of the client for it than an address (%j)', (hostHeader, host) => {
    const local = { host: '192.0.2.1', port: 20_000 }
    const { document } = metadataFor({ version: '1.0', hostHeader, local, protocols: [2, 1], tls: undefined }, {})
    expect(document.connect_to).toMatchObject({ host })
  })
})

describe('HTTP on the port for tunnels', () => {
  it.each([false, true])('says that the server is well, and its metrics to whom it may (TLS: %s)', async (secure) => {
    const { port } = await serve({ tls: { certFile, keyFile }, metricsAllow: new MetricsAccess(['127.0.0.1']) })
    const health = await get(port, '/health', { secure })
    expect([health.status, JSON.parse(health.body)]).toEqual([200, expect.objectContaining({ status: 'ok', tunnels: 0 })])
    expect((await get(port, '/metrics', { secure })).body).toContain('\npbxkit_tunnel_draining 0\n')
  })

  it('shows no metrics to others, and nothing else than GET', async () => {
    const { port } = await serve({ metricsAllow: new MetricsAccess(['192.0.2.1']) })
    expect((await get(port, '/metrics')).status).toBe(403)
    expect([(await get(port, '/')).status, (await get(port, '/health', { method: 'POST' })).status]).toEqual([404, 405])
    const head = await get(port, '/health', { method: 'HEAD' })
    expect([head.status, head.body]).toEqual([200, ''])
  })

  it('ends at what is too large, no HTTP, or never ends', async () => {
    const { port } = await serve()
    expect(await raw(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431 /)
    expect(await raw(port, 'GET /\u0001 nonsense\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
    expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\n')).toMatch(/^HTTP\/1.1 408 /)
  }, 15_000)

  it('holds the place of a client that has not logged in, and no other', async () => {
    const { port, status } = await serve({ maxHalfOpen: 2 })
    const sockets = Array.from({ length: 3 }, () => net.connect({ port, host: '127.0.0.1' }))
    const closed = new Promise((resolve) => sockets[0]!.on('error', () => {}).once('close', resolve))
    for (const socket of sockets) {
      onTestFinished(() => void socket.destroy())
      await new Promise((resolve) => socket.once('connect', resolve))
      socket.write('GET / HTTP/1.1\r\n')
    }
    await closed
    expect(status().sockets).toEqual({ all: 2, halfOpen: 2 })
  })
})

describe('what is to be seen', () => {
  it('counts tunnels, calls, logins, commands and bytes', async () => {
    const { port, agiPort, status } = await serve({ metricsAllow: new MetricsAccess() })
    const came: net.Socket[] = []
    const app = await application((socket) => {
      came.push(socket)
      socket.write('EXEC System true\nSET VARIABLE WORD 1\n')
    })
    await connect(port, app)
    const report = call(agiPort)
    await expect.poll(() => status().calls[0]?.state).toBe('bridged')
    expect(status()).toMatchObject({
      users: 1,
      draining: false,
      tunnels: [{ user: 'alice', protocol: 2, encrypted: false, calls: 1, callsTotal: 1 }],
      calls: [{ user: 'alice', client: expect.stringMatching(/^127\.0\.0\.1:\d+$/), protocol: 2, state: 'bridged' }]
    })
    await expect.poll(() => status().counters.commands).toBe(1)
    came[0]!.end()
    expect(outcome(await report)).toEqual(['SUCCESS', 'SUCCESS', undefined])
    await raw(port, token('alice:wrong'))
    await raw(port, 'garbage\n')
    await expect.poll(() => status().calls.length).toBe(0)
    expect(outcome(await call(agiPort, 'agi://127.0.0.1/', [], { variables: { SANDBOX_USERNAME: 'nobody' } }))[1]).toBe('FAILED')
    await expect.poll(() => status().counters.calls.length).toBe(2)
    const { counters } = readTunnelStatus(JSON.parse(JSON.stringify(status())))
    expect(counters).toMatchObject({ commands: 1, commandsRefused: 1, logins: { success: 1, refused: 2 } })
    expect(counters.calls).toEqual([
      { outcome: 'SUCCESS', reason: null, count: 1 },
      { outcome: 'FAILED', reason: 'not-connected', count: 1 }
    ])
    expect(counters.bytes.fromApplications).toBe('EXEC System true\nSET VARIABLE WORD 1\n'.length)
    const { body } = await get(port, '/metrics')
    for (const line of [
      'pbxkit_tunnel_tunnels{user="alice",protocol="2",tls="false"} 1',
      'pbxkit_tunnel_calls_total{outcome="FAILED",reason="not-connected"} 1',
      'pbxkit_tunnel_logins_total{result="refused"} 2',
      'pbxkit_tunnel_command_duration_seconds_count 1',
      'pbxkit_tunnel_command_duration_seconds_bucket{le="+Inf"} 1'
    ])
      expect(body).toContain(`\n${line}\n`)
  })
})
