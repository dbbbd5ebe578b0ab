import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type net from 'node:net'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  ConfigError,
  ConnectError,
  ConnectionLostError,
  DataError,
  PbxkitError,
  ProtocolError,
  TlsError
} from '../../../../src/lib/errors.js'
import { httpGet } from '../../../../src/lib/net/http-get.js'
import { UpgradeRequiredError } from '../../../../src/lib/tunnel/errors.js'
import { metadataLocator, metadataUrl } from '../../../../src/lib/tunnel-client/locate.js'
import { parseMetadata } from '../../../../src/lib/tunnel-client/metadata.js'

const tlsFixture = path.join(import.meta.dirname, '../../../fixtures/tls/server')
const certificate = { cert: fs.readFileSync(`${tlsFixture}.crt`), key: fs.readFileSync(`${tlsFixture}.key`) }
const sample = 'connect_to:\n  host: sandbox.adhearsion.com\n  port: 20000\n'
const signal = new AbortController().signal

describe('metadata', () => {
  it('are read as those of the original', async () => {
    expect(await parseMetadata(sample, 'x')).toMatchObject({ place: { host: 'sandbox.adhearsion.com', port: 20_000 } })
    const component = 'username: jicksta\npassword: 1234\nconnect_to: {host: ::1, port: "20001"}\nunknown: [1]\n'
    expect(await parseMetadata(component.replace('::1', '"::1"'), 'x')).toMatchObject({
      username: 'jicksta',
      password: '1234',
      place: { host: '::1', port: 20_001 }
    })
    expect((await parseMetadata('username: jicksta\n', 'x')).place).toBeUndefined()
  })

  it.each([
    ['', 'no map'],
    ['- a', 'no map'],
    ['connect_to: here', 'no host'],
    ['connect_to: {host: "a b", port: 1}', 'no host'],
    ['connect_to: {host: a, port: 0}', 'no port'],
    ['connect_to: {host: a, port: 65536}', 'no port'],
    ['a: [', 'no YAML'],
    ['a: &a [x]\nb: *a', 'no YAML']
  ])('are refused when they are %j', async (text, why) => {
    await expect(parseMetadata(text, 'the file')).rejects.toThrow(why)
    await expect(parseMetadata(text, 'the file')).rejects.toBeInstanceOf(DataError)
  })

  it('may say that this version is gone', async () => {
    const gone = parseMetadata('error: upgrade required\nmessage: use 2.0\n', 'x')
    await expect(gone).rejects.toMatchObject({ code: 'E_UPGRADE_REQUIRED', hint: 'use 2.0' })
  })

  it('throw nothing but errors of ours', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `connect_to: ${json}`)
        ),
        async (text) => {
          await parseMetadata(text, 'x').catch((error) => expect(error).toBeInstanceOf(PbxkitError))
        }
      )
    )
  })

  it('come over https, from this machine, or to who has a pin', () => {
    for (const text of ['https://a/x', 'http://127.0.0.1/x', 'http://[::1]/x', 'http://localhost/']) {
      expect(metadataUrl(text).href).toContain(text)
    }
    expect(() => metadataUrl('http://example.org/')).toThrow(ConfigError)
    expect(metadataUrl('http://example.org/', { isPinned: true }).host).toBe('example.org')
    expect(() => metadataUrl('ftp://a/')).toThrow(ConfigError)
    expect(() => metadataUrl('nonsense')).toThrow(ConfigError)
  })
})

async function serve(
  onRequest: (request: http.IncomingMessage, response: http.ServerResponse) => void,
  secure = false
): Promise<string> {
  const server = secure ? https.createServer(certificate, onRequest) : http.createServer(onRequest)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${secure ? 'https' : 'http'}://127.0.0.1:${(server.address() as net.AddressInfo).port}/component/1.0`
}

describe('a GET', () => {
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
  const limits = { timeoutMs: 2_000, maxBytes: 1_000 }

  it('gets a document, over https with the certificate that it trusts', async () => {
    const url = await serve((request, response) => response.end(`${request.method} ${request.url}`), true)
    await expect(httpGet(new URL(url), limits)).rejects.toBeInstanceOf(TlsError)
    const got = await httpGet(new URL(`${url}?a=b`), { ...limits, tls: { insecure: true } })
    expect(got).toEqual({ status: 200, body: 'GET /component/1.0?a=b' })
  })

  it('follows no redirect', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
    expect((await httpGet(new URL(url), limits)).status).toBe(302)
  })

  it.each([
    ['too long', (response: http.ServerResponse) => response.end('x'.repeat(1_001)), ProtocolError],
    ['cut', (response: http.ServerResponse) => void response.socket!.destroy(), ConnectionLostError],
    ['another protocol', (response: http.ServerResponse) => void response.socket!.write(switching), ProtocolError],
    ['no HTTP', (response: http.ServerResponse) => void response.socket!.end('SIP/2.0 200 OK\r\n\r\n'), ProtocolError]
  ])('fails when the answer is %s', async (_, answer, Kind) => {
    const url = await serve((_request, response) => void answer(response))
    await expect(httpGet(new URL(url), limits)).rejects.toBeInstanceOf(Kind)
  })

  it('does not wait for ever', async () => {
    const url = await serve(() => {})
    await expect(httpGet(new URL(url), { ...limits, timeoutMs: 50 })).rejects.toMatchObject({ code: 'E_TIMEOUT' })
  })
})

describe('where a tunnel goes', () => {
  const pin = `sha256:${'a'.repeat(64)}`
  function locator(
    answers: ({ status: number; body: string } | Error)[],
    url = 'https://meta.example/component/2.0',
    tls: { pin?: string } | undefined = {}
  ) {
    let now = 0
    const asked: unknown[] = []
    const messages: string[] = []
    const get = async (_url: URL, options: { tls?: unknown }) => {
      asked.push(options.tls)
      const answer = answers.shift()!
      if (answer instanceof Error) throw answer
      return answer
    }
    const options = { tls, timeoutMs: 1, onMessage: (message: string) => void messages.push(message), clock: () => now, get }
    return { locate: metadataLocator({ url: new URL(url), ...options }), asked, messages, later: (ms: number) => (now += ms) }
  }

  it('is asked once a minute, and as it was when nobody answers', async () => {
    const again = { status: 200, body: 'connect_to: {host: b, port: 2}\nmessage: 2 goes soon' }
    const { locate, asked, messages, later } = locator([{ status: 200, body: sample }, new ConnectError('away'), again, again])
    expect(await locate(signal)).toEqual({ host: 'sandbox.adhearsion.com', port: 20_000, tls: {} })
    later(59_000)
    await locate(signal)
    expect(asked).toHaveLength(1)
    later(2_000)
    expect((await locate(signal)).host).toBe('sandbox.adhearsion.com')
    expect(messages).toEqual([expect.stringContaining('away')])
    expect((await locate(signal)).host).toBe('b')
    later(61_000)
    await locate(signal)
    expect(messages.slice(1)).toEqual(['2 goes soon'])
  })

  it('is an error as long as nobody has said it', async () => {
    await expect(locator([new ConnectError('away')]).locate(signal)).rejects.toBeInstanceOf(ConnectError)
    await expect(locator([{ status: 404, body: '' }]).locate(signal)).rejects.toBeInstanceOf(ConnectError)
    await expect(locator([{ status: 200, body: 'a: b' }]).locate(signal)).rejects.toBeInstanceOf(DataError)
  })

  it('is nowhere for a version that is gone, also later', async () => {
    const { locate, later } = locator([
      { status: 200, body: sample },
      { status: 410, body: 'message: use 2.0' }
    ])
    await locate(signal)
    later(61_000)
    await expect(locate(signal)).rejects.toBeInstanceOf(UpgradeRequiredError)
  })

  it('has a pin that came over https, but not against one of our own', async () => {
    const body = `${sample}pin: ${pin}\n`
    expect((await locator([{ status: 200, body }]).locate(signal)).tls).toEqual({ pin })
    expect((await locator([{ status: 200, body }], 'http://127.0.0.1/').locate(signal)).tls).toEqual({})
    const own = { pin: `sha256:${'b'.repeat(64)}` }
    const pinned = locator([{ status: 200, body }], undefined, own)
    expect((await pinned.locate(signal)).tls).toEqual(own)
    expect(pinned.asked).toEqual([{ pin: undefined, insecure: true }])
    const plain = locator([{ status: 200, body: sample }])
    await plain.locate(signal)
  })
})
