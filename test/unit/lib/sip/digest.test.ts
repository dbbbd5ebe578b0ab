import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { authorizationValue, type Credentials, digestResponse, ha1Of } from '../../../../src/lib/sip/digest.js'
import { type DigestChallenge, digestHashes, parseChallenges, toDigest } from '../../../../src/lib/sip/digest-challenge.js'

const challengeOf = (value: string): DigestChallenge => toDigest(parseChallenges(value)[0]!, 'server')!
const parameterOf = (line: string, name: string) => new RegExp(`[ ,]${name}="?([^",]*)"?(?:,|$)`).exec(line)?.[1]

describe('the examples of RFC 7616', () => {
  const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v'
  const use = { cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', nonceCount: 1 }
  const mufasa = { username: 'Mufasa', password: 'Circle of Life' }
  const request = { method: 'GET', uri: '/dir/index.html' }

  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1']
  ])('3.9.1 with %s', (algorithm, response) => {
    const challenge = challengeOf(
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="${nonce}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
    )
    expect(authorizationValue(challenge, mufasa, request, use)).toBe(
      `Digest username="Mufasa", realm="http-auth@example.org", nonce="${nonce}", uri="/dir/index.html", response="${response}", algorithm=${algorithm}, qop=auth, nc=00000001, cnonce="${use.cnonce}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
    )
  })

  it('3.9.2 with SHA-512-256 and userhash, as erratum 4897 corrects it', () => {
    const challenge = challengeOf(
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="x", charset=UTF-8, userhash=true'
    )
    const doe = { username: 'Jäsøn Doe', password: 'Secret, or not?' }
    const cnonce = 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v'
    const line = authorizationValue(challenge, doe, { method: 'GET', uri: '/doe.json' }, { cnonce, nonceCount: 1 })
    expect(parameterOf(line, 'username')).toBe('793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b')
    expect(parameterOf(line, 'response')).toBe('3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5')
  })

  it('RFC 2617 3.5, and the form of RFC 2069 without qop', () => {
    const fields = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    const credentials = { username: 'Mufasa', password: 'Circle Of Life' }
    const once = { cnonce: '0a4f113b', nonceCount: 1 }
    const withQop = challengeOf(`${fields}, qop="auth,auth-int"`)
    const ha1 = ha1Of(credentials, withQop.realm, 'MD5')
    expect(digestResponse(withQop, ha1, request, once)).toBe('6629fae49393a05397450978507c4ef1')
    const old = authorizationValue(challengeOf(fields), credentials, request, once)
    expect(parameterOf(old, 'response')).toBe('670fd8c2df070c60b045671b8b24ff02')
    expect(old).not.toMatch(/qop|nc=|cnonce|algorithm/)
  })
})

describe('a digest', () => {
  const hex = (hash: string, text: string) =>
    createHash({ MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' }[hash]!).update(text).digest('hex')

  it.each(
    digestHashes.flatMap((hash) =>
      [true, false].flatMap((session) => ['auth', 'auth-int'].map((qop) => [hash, session, qop] as const))
    )
  )('of %s, session %s, %s is the one of RFC 7616 3.4, written out', (hash, session, qop) => {
    const challenge = challengeOf(`Digest realm="r", nonce="n", algorithm=${hash}${session ? '-sess' : ''}, qop="${qop}"`)
    const request = { method: 'REGISTER', uri: 'sip:r', body: Buffer.from('v=0\r\n') }
    let key = hex(hash, 'u:r:p')
    if (session) key = hex(hash, `${key}:n:c`)
    const ha2 = hex(hash, qop === 'auth' ? 'REGISTER:sip:r' : `REGISTER:sip:r:${hex(hash, 'v=0\r\n')}`)
    const line = authorizationValue(challenge, { username: 'u', password: 'p' }, request, { cnonce: 'c', nonceCount: 26 })
    expect(parameterOf(line, 'response')).toBe(hex(hash, `${key}:n:0000001a:c:${qop}:${ha2}`))
    expect(parameterOf(line, 'qop')).toBe(qop)
  })

  it('takes auth where both are offered, and what comes with odd blanks and capitals', () => {
    const challenge = challengeOf(
      'Digest   ReALM = "127.0.0.1" , nonce="n" , foo=bar, opaque="" , algorithm=sha-256,qop="x-new,  auth-int,auth"'
    )
    expect(challenge).toMatchObject({
      realm: '127.0.0.1',
      hash: 'SHA-256',
      rawAlgorithm: 'sha-256',
      qop: 'auth',
      rawOpaque: '""'
    })
  })

  it('gives realm, nonce and opaque back as they came, and escapes the username', () => {
    const challenge = challengeOf('Digest realm="a \\"b\\" c", nonce="x\\\\y", opaque="o\\"p"')
    expect([challenge.realm, challenge.nonce]).toEqual(['a "b" c', 'x\\y'])
    const line = authorizationValue(
      challenge,
      { username: 'x"y\\', password: 'p' },
      { method: 'M', uri: 'sip:a' },
      { cnonce: 'c', nonceCount: 1 }
    )
    expect(line).toContain('username="x\\"y\\\\", realm="a \\"b\\" c", nonce="x\\\\y"')
    expect(line).toContain('opaque="o\\"p"')
  })

  it('is made of a HA1 of its own hash only', () => {
    const challenge = challengeOf('Digest realm="r", nonce="n", qop="auth"')
    const request = { method: 'REGISTER', uri: 'sip:r' }
    const use = { cnonce: 'c', nonceCount: 1 }
    const line = (credentials: Credentials) => authorizationValue(challenge, credentials, request, use)
    expect(line({ username: 'u', ha1: { MD5: hex('MD5', 'u:r:p').toUpperCase() } })).toBe(line({ username: 'u', password: 'p' }))
    expect(() => line({ username: 'u', ha1: { MD5: 'abc' } })).toThrow('32 hex digits')
    expect(() => line({ username: 'u', ha1: { 'SHA-256': 'abc' } })).toThrow('neither')
    expect(() => line({ username: 'u\r\nX: 1', password: 'p' })).toThrow('CR, LF')
  })

  it.each([
    'Basic realm="r"',
    'Digest realm="r"',
    'Digest nonce="n"',
    'Digest realm="r", nonce=""',
    'Digest realm="r", nonce="n", algorithm=SHA-1',
    'Digest realm="r", nonce="n", qop="auth-conf"',
    'Digest realm="r\\\0", nonce="n"'
  ])('%j cannot be answered', (line) => {
    expect(toDigest(parseChallenges(line)[0]!, 'server')).toBeUndefined()
  })
})

describe('challenges in one header', () => {
  it('come apart', () => {
    const list = parseChallenges(
      'Digest realm="a,b", nonce="n" , Basic realm="x", Negotiate abc/==, NTLM, Digest realm=c, nonce=d'
    )
    expect(list.map(({ scheme, parameters }) => [scheme, parameters.get('realm')])).toEqual([
      ['Digest', '"a,b"'],
      ['Basic', '"x"'],
      ['Negotiate', undefined],
      ['NTLM', undefined],
      ['Digest', 'c']
    ])
  })

  it.each([
    'Digest realm="a',
    'Digest realm="a" nonce="b"',
    'Digest realm="a", realm="b"',
    '=',
    `Digest ${Array.from({ length: 70 }, (_, i) => `a${i}=1`)}`
  ])('%j are refused', (line) => {
    expect(() => parseChallenges(line)).toThrow(expect.objectContaining({ code: 'E_PROTOCOL' }))
  })

  it('never fail otherwise', () => {
    const piece = fc.constantFrom('Digest', ' ', ',', '=', '"', '\\', 'a', 'realm="x"', 'nonce=', '\t', '/')
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (line) => {
          try {
            for (const one of parseChallenges(line)) toDigest(one, 'proxy')
          } catch (error) {
            expect(error).toMatchObject({ code: 'E_PROTOCOL' })
          }
        }
      ),
      { numRuns: 2000 }
    )
  })
})
