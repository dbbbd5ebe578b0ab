import { describe, expect } from 'vitest'
import { type Arena, abuse, asAnn, refusal } from './support/arena.js'

const get = (target: string, more = '') => `GET ${target} HTTP/1.1\r\nHost: x\r\n${asAnn}${more}\r\n`
const post = (body: string, more = '') =>
  `POST / HTTP/1.1\r\nHost: x\r\n${asAnn}Content-Length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`
const form = 'Action=UserEvent&UserEvent=one&ActionID=f'

/** What one connection is answered that closes afterwards. */
async function closing(arena: Arena, bytes: string): Promise<string> {
  return arena.attacker().send(bytes).isShown()
}

const statuses = (text: string) => [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((match) => Number(match[1]))

describe('HTTP that broke the C programs', () => {
  abuse('a POST in one segment', async (arena) => {
    expect(await arena.attacker().send(post(form)).hears('Ping: Pong')).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(arena.actions).toEqual([expect.stringMatching(/^ActionID: [\w.-]+\r\nAction: UserEvent\r\nUserEvent: one\r\n$/)])
  })

  abuse('a POST in segments of one byte', async (arena) => {
    const attacker = await arena.attacker().drip(post(form))
    expect(await attacker.hears('Ping: Pong')).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(arena.actions).toHaveLength(1)
  })

  abuse('%0D%0A in values and in names', async (arena) => {
    for (const query of [
      'Action=Ping%0D%0AAction:%20Logoff',
      'Action=UserEvent&UserEvent=a%0D%0A%0D%0AAction:%20Logoff%0D%0A',
      'Action=Ping&X=a%0AY:%20b',
      'Action=Ping&X=a%0DY',
      'Action=Ping&A%0D%0AB=c',
      'Action=Ping&ActionID=a%0D%0AAction:%20Logoff',
      'Action=Ping&%00=c'
    ])
      expect(await closing(arena, get(`/?${query}`, 'Connection: close\r\n')), query).toMatch(/^HTTP\/1\.1 400 /)
    expect(arena.actions).toEqual([])
  })

  abuse('a GET without HTTP on its line', async (arena) => {
    // HTTP/0.9 to Node's parser: it is answered as whoever brings no credentials.
    expect(await closing(arena, 'GET /?Action=Ping\r\n\r\n')).toMatch(/^HTTP\/1\.1 401 /)
  })

  abuse('a GET line of 1023 bytes and more', async (arena) => {
    for (const length of [1023, 1024, 1500, 20_000]) {
      const answer = await closing(arena, get(`/?Action=Ping&ActionID=${'A'.repeat(length)}`, 'Connection: close\r\n'))
      expect(answer).toContain(`ActionID: ${'A'.repeat(length)}\r\nPing: Pong`)
    }
    expect(await closing(arena, get(`/?Action=Ping&X=${'A'.repeat(70_000)}`))).toMatch(/^HTTP\/1\.1 431 /)
  })

  abuse('a POST with more than 1023 bytes', async (arena) => {
    const answer = await closing(arena, post(`Action=UserEvent&UserEvent=${'x'.repeat(1500)}`, 'Connection: close\r\n'))
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer).toContain('A line is longer than the 1022 bytes that Asterisk takes')
  })

  abuse('other methods, and methods in lower case', async (arena) => {
    expect(statuses(await closing(arena, 'DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'))).toEqual([405])
    expect(statuses(await closing(arena, 'get /?Action=Ping HTTP/1.1\r\nHost: x\r\n\r\n'))).toEqual([400])
    expect(statuses(await closing(arena, 'CONNECT x:22 HTTP/1.1\r\nHost: x\r\n\r\n'))).not.toContain(200)
    expect(statuses(await closing(arena, 'TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'))).toEqual([405])
  })
})

describe('HTTP that means to confuse', () => {
  abuse('a Content-Length of a terabyte', async (arena) => {
    expect(
      await closing(arena, `POST / HTTP/1.1\r\nHost: x\r\n${asAnn}Content-Length: 1099511627776\r\n\r\nAction=Ping`)
    ).toMatch(/^HTTP\/1\.1 413 /)
  })

  for (const length of ['-1', '1e3', '0x10', '99999999999999999999999', '1, 1', '+5', '5 5'])
    abuse(`a Content-Length of ${length}`, async (arena) => {
      expect(await closing(arena, `POST / HTTP/1.1\r\nHost: x\r\n${asAnn}Content-Length: ${length}\r\n\r\nAction=Ping`)).toMatch(
        /^HTTP\/1\.1 400 /
      )
    })

  for (const [name, body] of [
    ['no number', 'zz\r\nAction=Ping\r\n0\r\n\r\n'],
    ['a number that overflows', 'ffffffffffffffffff\r\nAction=Ping\r\n0\r\n\r\n'],
    ['less than it says', '4\r\nAction=Ping\r\n0\r\n\r\n'],
    ['an extension without end', `b;x=${'y'.repeat(100_000)}\r\nAction=Ping\r\n0\r\n\r\n`]
  ] as const)
    abuse(`a chunk with ${name}`, async (arena) => {
      const head = `POST / HTTP/1.1\r\nHost: x\r\n${asAnn}Transfer-Encoding: chunked\r\n\r\n`
      expect(statuses(await closing(arena, head + body))[0]).toBeGreaterThanOrEqual(400)
      expect(arena.actions).toEqual([])
    })

  abuse('a chunk with forty thousand noughts, and trailers that say other things', async (arena) => {
    const trailers = `Authorization: x\r\n${'Content-Type: text/xml\r\n'.repeat(500)}`
    const head = `POST / HTTP/1.1\r\nHost: x\r\n${asAnn}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n`
    const answer = await closing(arena, `${head}${'0'.repeat(40_000)}b\r\nAction=Ping\r\n0\r\n${trailers}\r\n`)
    expect(statuses(answer)).toEqual([200])
  })

  const hidden = 'GET /?Action=UserEvent&UserEvent=hidden HTTP/1.1\r\nHost: x\r\n'
  for (const [name, headers] of [
    ['Content-Length and Transfer-Encoding', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
    ['Transfer-Encoding and Content-Length', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'],
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
    ['a coding behind chunked', 'Transfer-Encoding: chunked, identity\r\n'],
    ['chunked in a costume', 'Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n'],
    ['a blank before the colon', 'Content-Length : 5\r\n'],
    ['a folded header', 'X: y\r\n Content-Length: 5\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n'],
    ['a lone CR', 'X: y\rContent-Length: 5\r\n']
  ] as const)
    abuse(`smuggling with ${name}`, async (arena) => {
      const answer = await closing(arena, `POST / HTTP/1.1\r\nHost: x\r\n${asAnn}${headers}\r\n0\r\n\r\n${hidden}${asAnn}\r\n`)
      expect(statuses(answer)).toEqual([400])
      expect(arena.actions).toEqual([])
    })

  for (const [name, headers] of [
    ['Host', 'Host: y\r\n'],
    ['Authorization', `Authorization: Basic ${Buffer.from('canary:canary-secret').toString('base64')}\r\n`],
    ['Origin', 'Origin: http://x\r\nOrigin: http://evil.example\r\n'],
    ['Content-Type', 'Content-Type: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n']
  ] as const)
    abuse(`two headers ${name}`, async (arena) => {
      const answer = await closing(arena, post(form, headers))
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).toContain(refusal(`The header ${name.toLowerCase()} is there twice`))
      expect(arena.actions).toEqual([])
    })

  abuse('300 headers, and 5000', async (arena) => {
    const lines = (count: number) => Array.from({ length: count }, (_, i) => `H${i}: v\r\n`).join('')
    expect(statuses(await closing(arena, get('/?Action=Ping', `${lines(300)}Connection: close\r\n`)))).toEqual([200])
    expect(statuses(await closing(arena, get('/?Action=Ping', lines(20_000))))).toEqual([431])
  })

  abuse('HTTP/1.0, with and without a Host', async (arena) => {
    const answer = await closing(arena, `GET /?Action=Ping HTTP/1.0\r\n${asAnn}\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Connection: close\r\n[\s\S]*Ping: Pong/)
    expect(statuses(await closing(arena, `GET /?Action=Ping HTTP/1.1\r\n${asAnn}\r\n`))).toEqual([400])
    expect(statuses(await closing(arena, 'GET / HTTP/9.9\r\nHost: x\r\n\r\n'))).toEqual([400])
  })

  abuse('the preface of HTTP/2', async (arena) => {
    const frames = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from('000000040000000000', 'hex')])
    expect(await arena.attacker().send(frames).isShown()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  })

  abuse('an upgrade to HTTP/2', async (arena) => {
    const upgrade = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'
    expect(await closing(arena, get('/?Action=Ping', upgrade))).toMatch(/^HTTP\/1\.1 400 /)
  })

  abuse('pipelining of 50 requests, answered in their order', async (arena) => {
    const attacker = arena.attacker()
    attacker.send(Array.from({ length: 50 }, (_, i) => get(`/?Action=Ping&ActionID=p${i}`)).join(''))
    await attacker.hears('ActionID: p49\r\nPing: Pong')
    const ids = [...attacker.received.matchAll(/ActionID: p(\d+)/g)].map((match) => Number(match[1]))
    expect(ids).toEqual(Array.from({ length: 50 }, (_, i) => i))
  })

  abuse('pipelining of 1000 requests, most of which are refused', async (arena) => {
    const attacker = arena.attacker()
    attacker.send(get('/?Action=Ping').repeat(1000) + get('/?Action=Ping', 'Connection: close\r\n'))
    expect(new Set(statuses(await attacker.isShown()))).toEqual(new Set([200, 429]))
  })

  abuse('a request behind one that is refused', async (arena) => {
    const bad = `POST / HTTP/1.1\r\nHost: x\r\n${asAnn}Content-Length: 5, 6\r\n\r\n`
    expect(statuses(await closing(arena, bad + get('/?Action=UserEvent&UserEvent=late')))).toEqual([400])
    expect(arena.actions).toEqual([])
  })

  abuse('a password that is none, and credentials that are none', async (arena) => {
    for (const value of ['Basic', 'Basic %%%', 'Digest username="ann"', 'Bearer', `Basic ${'A'.repeat(60_000)}`]) {
      const answer = await closing(
        arena,
        `GET /?Action=Ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${value}\r\n\r\n`
      )
      expect(answer, value.slice(0, 20)).toMatch(/^HTTP\/1\.1 401 /)
    }
    expect(arena.actions).toEqual([])
  })
})
