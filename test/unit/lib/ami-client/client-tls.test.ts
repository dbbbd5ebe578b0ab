import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AmiClient } from '../../../../src/lib/ami-client/client.js'
import { ConfigError, TlsError } from '../../../../src/lib/errors.js'
import type { TlsOptions } from '../../../../src/lib/net/connect.js'
import { certificate, type ScriptedServer, scriptedServer } from '../../support/scripted-server.js'

const own = certificate('server')
const other = certificate('other')
const fingerprint = ({ cert }: { cert: Buffer }) => `sha256:${new X509Certificate(cert).fingerprint256}`

const amiOverTls = (pair = own) => scriptedServer((connection) => connection.acceptLogin(), pair)

const open = ({ port }: ScriptedServer, tls: TlsOptions, host = '127.0.0.1') =>
  AmiClient.open({
    connect: { host, port, tls, timeoutMs: 5000 },
    credentials: { username: 'admin', secret: 'yoyodyne11', auth: 'plain', events: 'off' },
    timeoutMs: 5000
  })

/** Resolves when the login was accepted over TLS. */
async function accepted(server: ScriptedServer, options: TlsOptions, host?: string): Promise<void> {
  const client = await open(server, options, host)
  client.close()
  await client.closed
  expect(server.connections[0]!.received).toContain('Secret: yoyodyne11')
}

/** Resolves when it was refused before anything was sent. */
async function refused(server: ScriptedServer, options: TlsOptions, error: unknown): Promise<void> {
  await expect(open(server, options)).rejects.toThrow(error as Error)
  expect(server.connections.map(({ received }) => received).join('')).toBe('')
}

describe('AMI over TLS', () => {
  it('refuses a certificate that signs itself', async () => {
    const server = await amiOverTls()
    await refused(server, {}, TlsError)
    await refused(server, {}, expect.objectContaining({ code: 'E_TLS', details: { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' } }))
  })

  it('accepts a certificate of the CA file, by name and by address', async () => {
    await accepted(await amiOverTls(), { caFile: own.file })
    await accepted(await amiOverTls(), { caFile: own.file }, 'localhost')
  })

  it('refuses the certificate of another authority', async () => {
    await refused(await amiOverTls(), { caFile: other.file }, TlsError)
  })

  it('refuses a trusted certificate that is for another host, unless that name was asked for', async () => {
    const pbx = certificate('pbx')
    await refused(await amiOverTls(pbx), { caFile: pbx.file }, /is not trusted.*127\.0\.0\.1/)
    await accepted(await amiOverTls(pbx), { caFile: pbx.file, serverName: 'pbx.example.org' })
    await refused(await amiOverTls(), { caFile: own.file, serverName: 'pbx.example.org' }, TlsError)
  })

  it('accepts the pinned certificate, with or without colons and in any case', async () => {
    await accepted(await amiOverTls(), { pin: fingerprint(own) })
    await accepted(await amiOverTls(), { pin: fingerprint(own).replaceAll(':', '').replace('sha256', 'SHA256:').toLowerCase() })
  })

  it('refuses another than the pinned certificate before the secret is sent, and says which it has', async () => {
    const server = await amiOverTls()
    await refused(server, { pin: fingerprint(other) }, expect.objectContaining({ code: 'E_TLS' }))
    const received = fingerprint(own).slice(7).replaceAll(':', '').toLowerCase()
    await refused(server, { pin: fingerprint(other) }, expect.objectContaining({ hint: expect.stringContaining(received) }))
  })

  it('holds to the pin even when any certificate is accepted', async () => {
    await refused(await amiOverTls(), { pin: fingerprint(other), insecure: true }, TlsError)
  })

  it('accepts any certificate when told so', async () => {
    await accepted(await amiOverTls(), { insecure: true })
  })

  it('refuses what is no pin and what is no CA file', async () => {
    const server = await amiOverTls()
    await refused(server, { pin: 'sha256:1234' }, ConfigError)
    await refused(server, { caFile: '/nonexistent/ca.pem' }, ConfigError)
  })

  it('says that a server without TLS has none', async () => {
    const server = await scriptedServer((connection) => connection.raw('Asterisk Call Manager/11.0.0\r\n'))
    await expect(open(server, {})).rejects.toThrow(TlsError)
  })
})
