import { describe, expect, it } from 'vitest'
import type { Credentials } from '../../../../src/lib/sip/digest.js'
import { type DigestOptions, DigestSession } from '../../../../src/lib/sip/digest-session.js'
import { isReply, type SipReply } from '../../../../src/lib/sip/message.js'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'
import { parseLines, replyLines } from '../../support/sip-samples.js'
import { readTranscript } from '../../support/sip-transcripts.js'

const request = { method: 'REGISTER', uri: 'sip:127.0.0.1' }

function reply(...lines: string[]): SipReply {
  const message = parseLines([...replyLines, ...lines])
  if (!isReply(message)) throw new Error('no reply')
  return message
}

const www = (fields: string) => reply(`WWW-Authenticate: Digest ${fields}`)
const ok = reply()

function session(given: { realms?: string[]; credentials?: Credentials } & Pick<DigestOptions, 'hashes'> = {}) {
  const { realms = ['r'], credentials = { username: 'u', password: 'p' }, ...options } = given
  let cnonces = 0
  const credentialsFor = (realm: string) => (realms.includes(realm) ? credentials : undefined)
  return new DigestSession({ credentialsFor, cnonce: () => `c${++cnonces}`, ...options })
}

const sent = (one: DigestSession, name: string) =>
  one.authorize(request).map(([header, value]) => [header, new RegExp(`${name}="?([^",]*)`).exec(value)?.[1]])

describe('a digest session', () => {
  it('answers the next requests without being asked, and counts the uses of a nonce', () => {
    const one = session()
    expect(one.authorize(request)).toEqual([])
    expect(one.challenged(www('realm="r", nonce="1", qop="auth"'))).toBe('answer')
    expect(sent(one, 'nc')).toEqual([['Authorization', '00000001']])
    one.accepted(ok)
    expect(sent(one, 'nc')).toEqual([['Authorization', '00000002']])
  })

  it('takes a second refusal, or the same nonce again, for a wrong password', () => {
    for (const again of ['realm="r", nonce="2"', 'realm="r", nonce="1"', 'realm="r", nonce="1", stale=true']) {
      const one = session()
      one.challenged(www('realm="r", nonce="1"'))
      one.authorize(request)
      expect(one.challenged(www(again)), again).toBe('refused')
      expect(one.authorize(request)).toEqual([])
    }
  })

  it('takes a stale nonce for no refusal, but not for ever', () => {
    const one = session()
    one.challenged(www('realm="r", nonce="0"'))
    const verdicts = [1, 2, 3, 4, 5].map((nonce) => {
      one.authorize(request)
      return one.challenged(www(`realm="r", nonce="${nonce}", stale=TRUE`))
    })
    expect(verdicts).toEqual(['answer', 'answer', 'answer', 'answer', 'refused'])
  })

  it('tries a new nonce once that comes without stale after success (FRITZ!Box, Asterisk)', () => {
    const one = session()
    one.challenged(www('realm="r", nonce="1"'))
    one.authorize(request)
    one.accepted(ok)
    one.authorize(request)
    expect(one.challenged(www('realm="r", nonce="2"'))).toBe('answer')
    expect(sent(one, 'nonce')).toEqual([['Authorization', '2']])
    expect(one.challenged(www('realm="r", nonce="3"'))).toBe('refused')
  })

  it('answers a proxy and a server in one request', () => {
    const one = session({ realms: ['r', 'edge'] })
    expect(one.challenged(reply('Proxy-Authenticate: Digest realm="edge", nonce="p"'))).toBe('answer')
    one.authorize(request)
    expect(one.challenged(www('realm="r", nonce="s"'))).toBe('answer')
    expect(sent(one, 'realm')).toEqual([
      ['Proxy-Authorization', 'edge'],
      ['Authorization', 'r']
    ])
    const both = session({ realms: ['r', 'edge'] })
    both.challenged(reply('Proxy-Authenticate: Digest realm="edge", nonce="p"', 'WWW-Authenticate: Digest realm="r", nonce="s"'))
    expect(both.authorize(request)).toHaveLength(2)
  })

  it('never answers Basic, a foreign realm, or a hash that is not allowed', () => {
    expect(session().challenged(reply('WWW-Authenticate: Basic realm="r"'))).toBe('unsupported')
    expect(session().challenged(www('realm="other", nonce="1"'))).toBe('foreign realm')
    expect(session({ hashes: ['SHA-256'] }).challenged(www('realm="r", nonce="1", algorithm=MD5'))).toBe('unsupported')
    expect(
      session({ credentials: { username: 'u', ha1: { MD5: 'a'.repeat(32) } } }).challenged(
        www('realm="r", nonce="1", algorithm=SHA-256')
      )
    ).toBe('unsupported')
    expect(session().challenged(reply())).toBe('unsupported')
  })

  it('chooses the strongest of several, in one header or in many, and past what it cannot read', () => {
    const one = session()
    const md5 = 'Digest realm="r", nonce="1", algorithm=MD5'
    one.challenged(
      reply(`WWW-Authenticate: ${md5}, Digest realm="r", nonce="2", algorithm=SHA-256`, 'WWW-Authenticate: Digest realm="broken')
    )
    expect(sent(one, 'algorithm')).toEqual([['Authorization', 'SHA-256']])
    const limited = session({ credentials: { username: 'u', ha1: { MD5: 'a'.repeat(32) } } })
    limited.challenged(reply(`WWW-Authenticate: Digest realm="r", nonce="2", algorithm=SHA-256`, `WWW-Authenticate: ${md5}`))
    expect(sent(limited, 'algorithm')).toEqual([['Authorization', 'MD5']])
  })

  it('goes on with nextnonce, from one on', () => {
    const one = session()
    one.challenged(www('realm="r", nonce="1", qop="auth"'))
    one.authorize(request)
    one.accepted(reply('Authentication-Info: qop=auth, nextnonce="n2"'))
    expect(sent(one, 'nonce')).toEqual([['Authorization', 'n2']])
    expect(sent(one, 'nc')).toEqual([['Authorization', '00000002']])
  })

  it.each(['""', '"a\\\x01b"'])('does not go on with the nextnonce %j, which is none', (next) => {
    const one = session()
    one.challenged(www('realm="r", nonce="1", qop="auth"'))
    one.authorize(request)
    one.accepted(reply(`Authentication-Info: qop=auth, nextnonce=${next}`))
    expect(sent(one, 'nonce')).toEqual([['Authorization', '1']])
  })

  it('keeps one cnonce for -sess as long as the nonce, and takes a new one otherwise', () => {
    const cnonces = (algorithm: string) => {
      const one = session()
      one.challenged(www(`realm="r", nonce="1", qop="auth", algorithm=${algorithm}`))
      return new Set([...sent(one, 'cnonce'), ...sent(one, 'cnonce')].map(([, cnonce]) => cnonce)).size
    }
    expect([cnonces('MD5-sess'), cnonces('MD5')]).toEqual([1, 2])
  })

  it('does what Kamailio 5.6.3 could not: two realms in one 401, Basic first, 407 then 401', () => {
    const challenge = (file: string, number: number) => {
      const message = parseDatagram(readTranscript(file).find((one) => one.number === number)!.bytes)
      if (!isReply(message)) throw new Error(file)
      return message
    }
    const foreign = session({ realms: ['127.0.0.1'] })
    expect(foreign.challenged(challenge('kam-04d-both-in-one-401.txt', 2))).toBe('answer')
    expect(sent(foreign, 'realm')).toEqual([['Authorization', '127.0.0.1']])
    expect(session({ realms: ['127.0.0.1'] }).challenged(challenge('kam-04e-basic-and-digest.txt', 2))).toBe('answer')
    const both = session({ realms: ['127.0.0.1', 'edge.lab.test'] })
    expect(both.challenged(challenge('kam-04c-407-then-401.txt', 2))).toBe('answer')
    both.authorize(request)
    expect(both.challenged(challenge('kam-04c-407-then-401.txt', 4))).toBe('answer')
    expect(both.authorize(request)).toHaveLength(2)
  })

  describe('whose realm nobody has named', () => {
    const guessing = (home = 'pbx.example.org') => {
      const told: string[] = []
      const credentials = { username: 'u', password: 'p', isGuess: true }
      const options = { credentialsFor: () => credentials, cnonce: () => 'c', onGuess: (realm: string) => void told.push(realm) }
      return { one: new DigestSession({ ...options, homes: [home] }), told }
    }
    const two = reply(
      'WWW-Authenticate: Digest realm="evil", nonce="1"',
      'WWW-Authenticate: Digest realm="PBX.example.org", nonce="2"'
    )

    it('answers the one realm that asks, and tells which', () => {
      const { one, told } = guessing()
      expect(one.challenged(www('realm="anything", nonce="1"'))).toBe('answer')
      expect(told).toEqual(['anything'])
    })

    it('answers of several only that of the domain itself, and none where no realm is', () => {
      const { one, told } = guessing()
      expect(one.challenged(two)).toBe('answer')
      expect(sent(one, 'realm')).toEqual([['Authorization', 'PBX.example.org']])
      expect(told).toEqual([])
      const elsewhere = guessing('other.example.org')
      expect(elsewhere.one.challenged(two)).toBe('foreign realm')
      expect(elsewhere.one.authorize(request)).toEqual([])
      expect(elsewhere.told).toEqual([])
    })

    it('answers a proxy and a server: they are one of each kind', () => {
      const { one } = guessing()
      const both = reply('Proxy-Authenticate: Digest realm="a", nonce="1"', 'WWW-Authenticate: Digest realm="b", nonce="2"')
      expect(one.challenged(both)).toBe('answer')
      expect(one.authorize(request)).toHaveLength(2)
    })
  })
})
