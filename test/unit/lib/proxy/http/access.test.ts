import https from 'node:https'
import { describe, expect, it } from 'vitest'
import { isAllowedOrigin, readCredentials } from '../../../../../src/lib/proxy/http/request-auth.js'
import { startFront } from './support/front.js'

const basicOf = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
const ping = (...headers: string[]) => ['GET /?Action=Ping HTTP/1.1', ...headers].join('\r\n')

describe('who may use HTTP', () => {
  it('is asked for credentials before a session begins', async () => {
    const front = await startFront({ authRequired: true })
    const answer = await front.ask(ping('Accept: application/json'))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
    expect(JSON.parse(answer.body)).toEqual([{ Response: 'Error', Message: 'Authentication required' }])
    expect(front.sessions).toHaveLength(0)
  })

  it('is decided by the login of the session', async () => {
    const front = await startFront({ authRequired: true })
    expect((await front.ask(ping(`Authorization: ${basicOf('ann:ann-secret')}`))).status).toBe(200)
    expect(front.sessions[0]!.asked.map((block) => block.get('Action'))).toEqual(['Login', 'Ping'])
    expect(front.sessions[0]!.asked[0]!.get('Events')).toBe('off')
    const refused = await front.ask(ping(`Authorization: ${basicOf('ann:wrong')}`))
    expect(refused).toMatchObject({ status: 401, body: 'Response: Error\r\nMessage: Authentication failed\r\n\r\n' })
    expect(refused.headers.has('www-authenticate')).toBe(true)
    expect(front.sessions[1]!.asked.map((block) => block.get('Action'))).toEqual(['Login'])
  })

  it('may ask whether credentials are right', async () => {
    const front = await startFront({ authRequired: true })
    const login = (query: string, ...headers: string[]) =>
      front.ask([`GET /?Action=Login${query} HTTP/1.1`, ...headers].join('\r\n'))
    expect(await login('', `Authorization: ${basicOf('ann:ann-secret')}`)).toMatchObject({
      status: 200,
      body: 'Response: Success\r\nMessage: Authentication accepted\r\n\r\n'
    })
    expect((await login('&Username=ann&Secret=ann-secret&ActionID=Foo')).body).toContain('ActionID: Foo')
    expect((await login('&Username=ann&Secret=wrong')).status).toBe(401)
  })

  it('is not told by Username and Secret beside another action', async () => {
    const front = await startFront({ authRequired: true })
    expect((await front.ask('GET /?Action=Ping&Username=ann&Secret=ann-secret HTTP/1.1')).status).toBe(401)
  })

  it('may be known by the key of the proxy, in each of its places', async () => {
    const front = await startFront({ proxyKeyRequired: true })
    expect((await front.ask(ping())).status).toBe(401)
    await front.ask(ping('X-Proxy-Key: k1'))
    await front.ask(ping('Authorization: Bearer k1'))
    await front.ask('GET /?ProxyKey=k1&Action=Ping HTTP/1.1')
    expect(front.sessions.map(({ asked }) => asked.map((block) => block.getAll('ProxyKey').join()))).toEqual([
      ['k1', 'k1'],
      ['k1', 'k1'],
      ['k1', 'k1']
    ])
  })

  it('leaves no secret in the log', async () => {
    const front = await startFront({ proxyKeyRequired: true })
    await front.ask(
      `GET /?ProxyKey=the-key&Action=Login&Secret=ann-secret HTTP/1.1\r\nAuthorization: ${basicOf('ann:ann-secret')}`
    )
    expect(front.log.join()).toContain('"path":"/"')
    expect(front.log.join()).not.toMatch(/the-key|ann-secret|YW5u/)
  })

  it('is no page of another origin', async () => {
    const front = await startFront({ allowedOrigins: ['https://panel.example'] })
    const status = async (...headers: string[]) => (await front.ask(ping(...headers))).status
    expect(await status('Origin: http://evil.example')).toBe(403)
    expect(await status('Origin: null')).toBe(403)
    expect(await status('Sec-Fetch-Site: cross-site')).toBe(403)
    expect(front.sessions).toHaveLength(0)
    expect(await status('Origin: http://x')).toBe(200)
    expect(await status('Origin: https://panel.example', 'Sec-Fetch-Site: cross-site')).toBe(200)
    expect(await status('Sec-Fetch-Site: none')).toBe(200)
  })
})

describe('HTTPS', () => {
  it('is the same, and its session knows', async () => {
    const front = await startFront({ withTls: true })
    const body = await new Promise<string>((resolve, reject) => {
      const options = { port: front.port, path: '/?Action=Ping', rejectUnauthorized: false }
      const request = https.get(options, (response) => response.on('data', (chunk) => resolve(String(chunk))))
      request.on('error', reject)
    })
    expect(body).toBe('Response: Success\r\nPing: Pong\r\n\r\n')
    expect(front.sessions[0]!.peer.isEncrypted).toBe(true)
  })
})

describe('credentials', () => {
  it('keep colons and UTF-8 of a secret', () => {
    expect(readCredentials({ authorization: basicOf('ann:a:bü') })).toEqual({ login: { username: 'ann', secret: 'a:bü' } })
  })

  it.each(['Basic', `${basicOf('ann')}`, basicOf(':x'), basicOf('a\nb:c'), 'Digest x', 'Bearer'])(
    'are not read from %j',
    (authorization) => {
      expect(() => readCredentials({ authorization })).toThrow(expect.objectContaining({ status: 401 }))
    }
  )

  it('compare a host with its port', () => {
    expect(isAllowedOrigin({ origin: 'http://pbx:5038', host: 'PBX:5038' }, [])).toBe(true)
    expect(isAllowedOrigin({ origin: 'http://pbx:80', host: 'pbx:5038' }, [])).toBe(false)
    expect(isAllowedOrigin({ origin: 'http://pbx:5038' }, [])).toBe(false)
  })
})
