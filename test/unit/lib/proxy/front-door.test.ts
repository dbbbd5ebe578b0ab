import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import { describe, expect, it, vi } from 'vitest'
import { startPair, type TestProxy } from './support/proxy.js'
import { type RawClient, until } from './support/raw-client.js'

const fixtures = path.join(import.meta.dirname, '../../../fixtures/tls')
const certificate = { certFile: path.join(fixtures, 'server.crt'), keyFile: path.join(fixtures, 'server.key') }
const login = 'Action: Login\r\nUsername: ann\r\nSecret: ann-secret\r\nEvents: off\r\n\r\n'

/** Sends at once, without waiting for a banner, and gives what comes until a text is in it. */
async function exchange(socket: net.Socket, text: string, wanted: string): Promise<string> {
  let received = ''
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  socket.write(text)
  await until(
    socket,
    () => received.includes(wanted),
    () => JSON.stringify(received)
  )
  socket.destroy()
  return received
}

const connect = ({ address }: TestProxy) => net.connect(address)
const connectTls = ({ address }: TestProxy) =>
  tls.connect({
    ...address,
    ca: fs.readFileSync(certificate.certFile),
    servername: 'localhost',
    checkServerIdentity: () => undefined
  })

function get(proxy: TestProxy, target: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.get({ ...proxy.address, path: target, headers, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, body }))
    })
    request.on('error', reject)
  })
}

const asAnn = { authorization: `Basic ${Buffer.from('ann:ann-secret').toString('base64')}` }

describe('one port', () => {
  it('greets who waits, and who speaks first', async () => {
    const { proxy } = await startPair()
    await proxy.login()
    expect(await exchange(connect(proxy), login, 'accepted')).toMatch(/^Asterisk Call Manager\/11\.0\.0\r\nResponse: Success\r\n/)
  })

  it('answers XML in XML, without a banner', async () => {
    const { proxy } = await startPair()
    const text =
      '<AsteriskManagerInput><Action Value="Login"/><Username Value="ann"/><Secret Value="ann-secret"/></AsteriskManagerInput>'
    expect(await exchange(connect(proxy), text, '</AsteriskManagerProxyOutput>')).toMatch(
      /^<AsteriskManagerProxyOutput>\r\n <Response Value="Success"\/>\r\n/
    )
  })

  it('answers JSON in JSON, an object a line', async () => {
    const { proxy } = await startPair()
    const text = '{"Action":"Login","Username":"ann","Secret":"ann-secret","Events":"off"}\n'
    const [line] = (await exchange(connect(proxy), text, '\n')).split('\n')
    expect(JSON.parse(line!)).toEqual({ Response: 'Success', Message: 'Authentication accepted' })
  })

  it('answers HTTP, with the rights of its user', async () => {
    const { proxy } = await startPair()
    await proxy.login()
    const answer = await get(proxy, '/?Action=Ping&ActionID=h&format=json', asAnn)
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual([expect.objectContaining({ Response: 'Success', ActionID: 'h', Ping: 'Pong' })])
    expect((await get(proxy, '/?Action=Ping')).status).toBe(401)
    expect((await get(proxy, '/?Action=UpdateConfig', asAnn)).status).toBe(403)
    expect((await get(proxy, '/?Action=Ping%0D%0AAction:%20Logoff', asAnn)).status).toBe(400)
  })

  it('streams events to HTTP, once the login is right', async () => {
    const { server, proxy } = await startPair()
    await proxy.login()
    const request = (authorization: string) =>
      `GET /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${authorization}\r\n\r\n`
    const socket = connect(proxy)
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.write(request(asAnn.authorization))
    const holds = (text: string) =>
      until(
        socket,
        () => received.includes(text),
        () => received
      )
    await holds('event: FullyBooted\n')
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\nCause: 16\r\n\r\n')
    await holds('event: Hangup\ndata: {"Event":"Hangup","Privilege":"call,all","Cause":"16"')
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    socket.destroy()
    const wrong = `Basic ${Buffer.from('ann:wrong').toString('base64')}`
    expect(await exchange(connect(proxy), request(wrong), '\r\n\r\n')).toMatch(/^HTTP\/1\.1 401 /)
  })

  it('an answer until an event begins with the answer, not with what the login of its session caused', async () => {
    const { server, proxy } = await startPair()
    await proxy.login()
    const answered = get(proxy, '/?Action=Ping&format=json', { ...asAnn, 'x-until-event': 'Hangup' })
    await server.takeFirst()
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\n\r\n')
    const { body } = await answered
    expect(JSON.parse(body).map(({ Event, Ping }: Record<string, string>) => Event ?? Ping)).toEqual(['Pong', 'Hangup'])
  })

  it('a ProxyKey with blanks is one token of Authorization: Bearer', async () => {
    const { proxy } = await startPair({}, { proxyKey: 'Foo Bar', authRequired: false, accounts: undefined })
    const ask = async (key: string) => (await get(proxy, '/?ProxyAction=ListServers', { authorization: `Bearer ${key}` })).status
    expect([await ask('Foo Bar'), await ask('Foo')]).toEqual([200, 401])
  })

  it('says whether it is well to whoever asks', async () => {
    const { proxy } = await startPair()
    await proxy.login()
    const { status, body } = await get(proxy, '/health')
    expect({ status, body: JSON.parse(body) }).toEqual({
      status: 200,
      body: { status: 'ok', draining: false, uptimeS: expect.any(Number), clients: 1, servers: [{ name: 'pbx', state: 'up' }] }
    })
  })

  it('takes TLS beside all that, and inside it the same', async () => {
    const { proxy } = await startPair({}, { tls: certificate })
    await proxy.login()
    expect(await exchange(connectTls(proxy), login, 'accepted')).toMatch(/^Asterisk Call Manager/)
    expect(await exchange(connectTls(proxy), '{"Action":"Ping"}\n', '\n')).toContain('Permission denied')
    expect(await exchange(connect(proxy), login, 'accepted')).toMatch(/^Asterisk Call Manager/)
  })

  it('waits for TLS where nothing else is taken, and sends no banner meanwhile', async () => {
    const { proxy } = await startPair({}, { tls: certificate, acceptUnencrypted: false })
    const socket = connect(proxy)
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    // Much longer than a client in clear would be waited for.
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect([received, socket.destroyed, socket.readableEnded]).toEqual(['', false, false])
    const secure = tls.connect({ socket, ca: fs.readFileSync(certificate.certFile), checkServerIdentity: () => undefined })
    expect(await exchange(secure, login, 'accepted')).toMatch(/^Asterisk Call Manager/)
  })

  it('lets go of who leaves before the banner, with it, or right behind it', async () => {
    const { proxy } = await startPair()
    await proxy.login()
    const gone = () => proxy.log.filter(({ message }) => message === 'client gone').length
    const others = Array.from({ length: 60 }, (_, index) => {
      const socket = connect(proxy).on('error', () => {})
      if (index % 3 === 0) socket.once('connect', () => socket.destroy())
      else socket.once('data', () => (index % 3 === 1 ? socket.end() : socket.destroy()))
      return new Promise((resolve) => socket.once('close', resolve))
    })
    await Promise.all(others)
    await vi.waitFor(() => expect(gone()).toBe(60), 4_000)
  })

  it('greets who is silent for as long as it is told to wait', async () => {
    const { proxy } = await startPair({}, { helloWaitMs: 300 })
    const startMs = performance.now()
    const socket = connect(proxy)
    const banner = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    expect(banner.toString()).toBe('Asterisk Call Manager/11.0.0\r\n')
    expect(performance.now() - startMs).toBeGreaterThan(280)
    socket.destroy()
  })

  it.each([
    ['a client in clear, where only TLS is taken', { tls: certificate, acceptUnencrypted: false }, 'Action: Ping\r\n\r\n'],
    ['a client that speaks TLS, where there is no certificate', {}, Buffer.from('16030100c8010000c40303', 'hex')]
  ])('closes %s, without a word', async (_, options, bytes) => {
    const { proxy } = await startPair({}, options)
    const socket = connect(proxy)
    let received = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.write(bytes)
    await until(
      socket,
      () => socket.destroyed || socket.readableEnded,
      () => received
    )
    expect(received).toBe('')
  })
})

describe('SetOutputFormat', () => {
  it('changes what comes from then on, events too, and an unknown one changes nothing', async () => {
    const { server, proxy } = await startPair()
    const client: RawClient = await proxy.login()
    expect(await client.ask('ProxyAction: SetOutputFormat\r\nOutputFormat: bogus\r\n', '1')).toContain(
      'OutputFormat: standard\r\n'
    )
    expect(await client.ask('ProxyAction: SetOutputFormat\r\nOutputFormat: http\r\n', '2')).toContain(
      'OutputFormat: standard\r\n'
    )
    client.send('ProxyAction: SetOutputFormat\r\nOutputFormat: XML\r\n\r\n')
    await client.until(() => client.received.includes(' <OutputFormat Value="xml"/>\r\n</AsteriskManagerProxyOutput>\r\n'))
    server.emit('Event: Hangup\r\nPrivilege: call,all\r\nText: <&>\r\n\r\n')
    await client.until(() => client.received.includes('<Text Value="&lt;&amp;&gt;"/>\r\n</AsteriskManagerOutput>\r\n'))
  })
})
