import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ConfigError, TimeoutError, TlsError } from '../../../../src/lib/errors.js'
import { detectProtocol } from '../../../../src/lib/net/first-bytes.js'
import { listen } from '../../../../src/lib/net/listen.js'
import { ServerTls } from '../../../../src/lib/net/tls-server.js'
import { scratchFile, scratchFolder } from '../../support/scratch.js'
import { certificate } from '../../support/scripted-server.js'

describe('ServerTls', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s with bytes that were put back, and says so', async (version) => {
    const { port, next } = await door(serverTls())
    const outcome = next()
    const client = dial(port, { minVersion: version, maxVersion: version })
    const secure = (await outcome) as tls.TLSSocket
    expect(secure.getProtocol()).toBe(version)
    expect(secure.getCipher().name).toMatch(/GCM|CHACHA/)
    client.write('ping')
    expect(String((await once(secure, 'data'))[0])).toBe('ping')
    secure.write('pong')
    expect(String((await once(client, 'data'))[0])).toBe('pong')
  })

  it('lets a client that has said everything hear the answer', async () => {
    const { port, next } = await door(serverTls())
    const outcome = next()
    const client = dial(port, { allowHalfOpen: true })
    const secure = (await outcome) as tls.TLSSocket
    client.end('ping')
    secure.resume()
    await once(secure, 'end')
    secure.end('pong')
    expect(String((await once(client, 'data'))[0])).toBe('pong')
  })

  it('takes one file with the certificate and its key, as astmanproxy did', async () => {
    const { cert, key } = certificate('server')
    const { port, next } = await door(new ServerTls({ certFile: scratchFile('both.pem', Buffer.concat([key, cert])) }))
    const outcome = next()
    dial(port)
    expect(await outcome).toBeInstanceOf(tls.TLSSocket)
  })

  it('refuses versions before 1.2', async () => {
    const { port, next } = await door(serverTls())
    const outcome = next()
    dial(port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
    const error = await outcome
    expect(error).toBeInstanceOf(TlsError)
    expect((error as Error).message).toBe('The TLS handshake failed: unsupported protocol')
  })

  it.each([
    ['a record that is too long', `160301ffff${'00'.repeat(50)}`],
    ['a hello of zeros', `1603010010${'00'.repeat(16)}`],
    ['text after the first bytes', `160301${Buffer.from('Action: Ping\r\n\r\n').toString('hex')}`]
  ])('ends garbage: %s', async (_, hex) => {
    const { port, next } = await door(serverTls())
    const outcome = next()
    const client = plain(port)
    client.write(Buffer.from(hex, 'hex'))
    expect(await outcome).toBeInstanceOf(TlsError)
    await closed(client.resume())
  })

  it('ends a handshake that does not come to an end, however busy the client looks', async () => {
    const { port, next } = await door(serverTls({ handshakeTimeoutMs: 100 }))
    const outcome = next()
    const client = plain(port)
    client.write(Buffer.from('1603010200', 'hex'))
    const drip = setInterval(() => client.write('\0'), 10)
    onTestFinished(() => clearInterval(drip))
    const error = await outcome
    expect(error).toBeInstanceOf(TimeoutError)
    expect((error as Error).message).toBe('The client did not finish the TLS handshake within 0.1 s')
    await closed(client.resume())
  })

  it.each(['end', 'resetAndDestroy'] as const)('notices that the client leaves in the handshake by %s', async (how) => {
    const { port, next, wrapping } = await door(serverTls({ handshakeTimeoutMs: 60_000 }))
    const outcome = next()
    const client = plain(port)
    client.write(Buffer.from('160301', 'hex'))
    await wrapping
    client[how]()
    expect(await outcome).toMatchObject({ code: 'E_TLS', message: 'The client closed during the TLS handshake' })
  })

  it('takes no socket that has closed', async () => {
    const socket = new net.Socket()
    await closed(socket.destroy())
    await expect(serverTls().wrap(socket)).rejects.toThrow('The client closed during the TLS handshake')
  })

  it('survives a client that resets the connection when nobody listens for errors', async () => {
    const { port, next } = await door(serverTls())
    const outcome = next()
    const line = plain(port)
    const relay = net.createServer((socket) => void socket.pipe(line).pipe(socket))
    onTestFinished(() => void relay.close())
    const client = dial((await listen(relay, { host: '127.0.0.1', port: 0 })).port)
    const secure = (await outcome) as tls.TLSSocket
    client.write('ping')
    await once(secure, 'data')
    line.resetAndDestroy()
    await closed(secure)
    expect(secure.errored).toMatchObject({ code: 'ECONNRESET' })
  })

  it('gives new clients the new certificate, while the others go on', async () => {
    const files = writableFiles()
    const server = new ServerTls(files)
    const { port, next } = await door(server)
    const firstOutcome = next()
    const first = dial(port)
    const secure = (await firstOutcome) as tls.TLSSocket
    files.write('other')
    server.reload()
    const secondOutcome = next()
    const second = dial(port)
    await secondOutcome
    expect([await commonName(first), await commonName(second)]).toEqual(['pbxkit test server', 'pbxkit test other'])
    secure.write('still here')
    expect(String((await once(first, 'data'))[0])).toBe('still here')
  })

  it('takes other files, and their time limit', async () => {
    const server = serverTls()
    const { cert, key } = certificate('pbx')
    server.reload({ certFile: scratchFile('both.pem', Buffer.concat([cert, key])), handshakeTimeoutMs: 50 })
    const { port, next } = await door(server)
    const outcome = next()
    const client = dial(port)
    await outcome
    expect(await commonName(client)).toBe('pbxkit test pbx')
    const late = next()
    plain(port).write(Buffer.from('160301', 'hex'))
    expect(await late).toBeInstanceOf(TimeoutError)
  })

  it.each([
    ['a file that is missing', (files: Files) => fs.rmSync(files.certFile), /^Cannot read the TLS certificate .*tls\.crt/],
    [
      'a file without a certificate',
      (files: Files) => fs.writeFileSync(files.certFile, 'nothing'),
      /^There is no certificate in/
    ],
    ['a file without a key', (files: Files) => fs.writeFileSync(files.keyFile, 'nothing'), /^There is no private key in/],
    [
      'half a certificate',
      (files: Files) => fs.truncateSync(files.certFile, 300),
      /^Cannot use the certificate .*tls\.crt with the key .*tls\.key/
    ],
    [
      'a key of another certificate',
      (files: Files) => fs.writeFileSync(files.keyFile, certificate('pbx').key),
      /^Cannot use the certificate .* with the key .*: .*key values mismatch/
    ]
  ])('refuses %s, and keeps what it had', async (_, spoil, message) => {
    const files = writableFiles()
    const server = new ServerTls(files)
    spoil(files)
    expect(() => server.reload()).toThrow(ConfigError)
    expect(() => server.reload()).toThrow(message)
    expect(() => new ServerTls(files)).toThrow(ConfigError)
    const { port, next } = await door(server)
    const outcome = next()
    const client = dial(port)
    await outcome
    expect(await commonName(client)).toBe('pbxkit test server')
  })
})

interface Files {
  certFile: string
  keyFile: string
}

function writableFiles(): Files & { write(name: 'server' | 'other'): void } {
  const folder = scratchFolder()
  const files = { certFile: path.join(folder, 'tls.crt'), keyFile: path.join(folder, 'tls.key') }
  const write = (name: 'server' | 'other') => {
    fs.writeFileSync(files.certFile, certificate(name).cert)
    fs.writeFileSync(files.keyFile, certificate(name).key)
  }
  write('server')
  return { ...files, write }
}

function serverTls(options: { handshakeTimeoutMs?: number } = {}): ServerTls {
  const certFile = certificate('server').file
  return new ServerTls({ certFile, keyFile: certFile.replace('.crt', '.key'), ...options })
}

/** A server on loopback that looks at the first bytes and wraps what is TLS. `next` is how the next client ends: a TLS socket or an error. */
async function door(server: ServerTls) {
  const waiting: ((outcome: tls.TLSSocket | Error) => void)[] = []
  const open = new Set<net.Socket>()
  let isWrapping = () => {}
  const wrapping = new Promise<void>((resolve) => (isWrapping = resolve))
  const listener = net.createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    detectProtocol(socket, () => {
      const settle = waiting.shift()
      server.wrap(socket).then(settle, settle)
      isWrapping()
    })
  })
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    listener.close()
  })
  const { port } = await listen(listener, { host: '127.0.0.1', port: 0 })
  return { port, wrapping, next: () => new Promise<tls.TLSSocket | Error>((resolve) => waiting.push(resolve)) }
}

function dial(port: number, options: tls.ConnectionOptions & { allowHalfOpen?: boolean } = {}): tls.TLSSocket {
  const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }).on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return socket
}

function plain(port: number): net.Socket {
  const socket = net.connect(port, '127.0.0.1').on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return socket
}

/** However it ended. */
function closed(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

async function commonName(client: tls.TLSSocket): Promise<string | string[] | undefined> {
  if (!client.getPeerCertificate().subject) await once(client, 'secureConnect')
  return client.getPeerCertificate().subject.CN
}
