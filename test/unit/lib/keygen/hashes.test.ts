import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { answerChallenge, generateAmiSecret, generateProxyKey } from '../../../../src/lib/keygen/ami.js'
import { generate, needsPassword } from '../../../../src/lib/keygen/generate.js'
import { renderGenerated } from '../../../../src/lib/keygen/generated.js'
import { hashPassword } from '../../../../src/lib/keygen/password.js'
import { ha1, hashSipPassword, type SipAlgorithm, sipAlgorithms } from '../../../../src/lib/keygen/sip.js'
import { hashTunnelPassword, tunnelToken } from '../../../../src/lib/keygen/tunnel.js'
import { StoredSecret } from '../../../../src/lib/proxy/accounts/stored-secret.js'
import { readAccountsFile } from '../../../../src/lib/proxy/legacy/accounts-file.js'
import { createRecord, parseRecord } from '../../../../src/lib/scram/record.js'
import { scratchFile } from '../../support/scratch.js'

const usage = (message: RegExp) => expect.objectContaining({ code: 'E_USAGE', message: expect.stringMatching(message) })

describe('a SIP account', () => {
  const mufasa = { username: 'Mufasa', realm: 'http-auth@example.org', password: 'Circle of Life' }

  // RFC 7616 section 3.9.1 shows the response; HA1 is the part of it that a registrar keeps.
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1']
  ] as const)('answers as RFC 7616 section 3.9.1 with %s', (algorithm, response) => {
    const hash = (text: string) => createHash(sipAlgorithms[algorithm]).update(text).digest('hex')
    const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v'
    const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
    const a2 = hash('GET:/dir/index.html')
    expect(hash(`${ha1(mufasa, algorithm)}:${nonce}:00000001:${cnonce}:auth:${a2}`)).toBe(response)
  })

  it('answers as RFC 7616 section 3.9.2 with SHA-512-256, in UTF-8 (erratum 4897)', () => {
    const hash = (text: string) => createHash('sha512-256').update(text).digest('hex')
    const account = { username: 'Jäsøn Doe', realm: 'api@example.org', password: 'Secret, or not?' }
    const nonce = '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK'
    const cnonce = 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v'
    const a2 = hash('GET:/doe.json')
    expect(hash(`${ha1(account, 'SHA-512-256')}:${nonce}:00000001:${cnonce}:auth:${a2}`)).toBe(
      '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5'
    )
  })

  it('gives one hash bare, several with their names, and lines for pjsip.conf', () => {
    const all = Object.keys(sipAlgorithms) as SipAlgorithm[]
    const md5 = ha1(mufasa, 'MD5')
    expect(hashSipPassword(mufasa, ['MD5']).texts.value).toBe(`${md5}\n`)
    expect(hashSipPassword(mufasa, all).texts.value).toMatch(/^MD5:\w{32}\nSHA-256:\w{64}\nSHA-512-256:\w{64}\n$/)
    expect(hashSipPassword(mufasa, all).texts.conf).toContain(`password_digest = MD5:${md5}\n`)
  })

  it('tells its password when that is new, and never else', () => {
    const told = (isNew: boolean) => JSON.stringify(hashSipPassword(mufasa, ['MD5'], { isNew })).includes(mufasa.password)
    expect([told(true), told(false)]).toEqual([true, false])
  })

  it('has no colon in its user name, which would be the hash of another account', () => {
    expect(() => ha1({ ...mufasa, username: 'a:b' }, 'MD5')).toThrow(usage(/no colon/))
  })
})

describe('an account of the tunnel', () => {
  it('has the token of the original client', async () => {
    expect(tunnelToken('jicksta', 'secret')).toBe(createHash('md5').update('jicksta:secret').digest('hex'))
    const { texts } = await hashTunnelPassword({ username: 'jicksta', password: 'secret', form: 'md5' })
    expect(texts.value).toMatch(/^[0-9a-f]{32}\n$/)
  })

  const account = { username: 'jicksta', form: 'scram-sha-256', iterations: 4096 } as const

  it('has a record that the tunnel reads, with a salt of its own each time', async () => {
    const lines = await Promise.all(
      [1, 2].map(async () => (await hashTunnelPassword({ ...account, password: 'pencil' })).texts.value!)
    )
    const [one, other] = lines.map((line) => parseRecord(line.trimEnd()))
    expect(one!.salt).not.toEqual(other!.salt)
    const same = await createRecord('pencil', { iterations: 4096, salt: one!.salt })
    expect(one).toEqual(same)
  })

  it('takes the other spelling of a password for the same, and no few iterations', async () => {
    const { facts } = await hashTunnelPassword({ ...account, password: 'pa\u00aassword' })
    const { salt, storedKey } = parseRecord(facts.scram as string)
    expect((await createRecord('paassword', { iterations: 4096, salt })).storedKey).toEqual(storedKey)
    await expect(hashTunnelPassword({ ...account, password: 'pencil', iterations: 4095 })).rejects.toThrow(usage(/--iterations/))
  })
})

describe('a secret of AMI', () => {
  it('answers the challenge of the documentation of astmanproxy', () => {
    expect(answerChallenge('125065091', 'yoyodyne11').texts.value).toBe('e83a9e59e7c8d1bb6554982275d05016\n')
  })

  it('stands in manager.conf, in a profile and in the environment', () => {
    const { facts, texts } = generateAmiSecret({ username: 'panel' })
    expect(facts.secret).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(texts.conf).toMatch(new RegExp(`^\\[panel\\]\nsecret = ${facts.secret}\n`))
    expect(texts.ini).toBe(`username = panel\nsecret = ${facts.secret}\n`)
    expect(texts.env).toBe(`PBXKIT_USERNAME=panel\nPBXKIT_SECRET=${facts.secret}\n`)
  })

  it('is refused where a line would mean something else', () => {
    expect(() => generateAmiSecret({ username: 'a\nsecret = b' })).toThrow(usage(/cannot stand/))
  })

  it('of the proxy has no word about itself in its note', () => {
    const { facts, note } = generateProxyKey({ length: 20, alphabet: 'hex' })
    expect(facts.proxyKey).toMatch(/^[0-9a-f]{20}$/)
    expect(note).toBe('20 characters out of 16: 80 bits of entropy')
  })
})

describe('a hash for users of the proxy', () => {
  it.each(['bcrypt', 'scrypt'] as const)('by %s is one that the proxy accepts', async (form) => {
    const { facts, texts } = await hashPassword('open sesame', form, { username: 'panel' })
    const stored = StoredSecret.parse(facts.hash as string, 'test')
    expect([stored.kind, await stored.accepts('open sesame'), await stored.accepts('open')]).toEqual([form, true, false])
    expect(texts.ini).toBe(`[user panel]\nsecret = ${facts.hash}\n`)
    const [user] = readAccountsFile(scratchFile('users', texts.conf!))
    expect(user).toMatchObject({ name: 'panel', secret: facts.hash })
    expect(JSON.stringify({ facts, texts })).not.toContain('open sesame')
  })

  it('by bcrypt is refused for what bcrypt would cut', async () => {
    await expect(hashPassword('x'.repeat(73), 'bcrypt')).rejects.toThrow(usage(/first 72 bytes/))
    await expect(hashPassword('x'.repeat(73), 'scrypt')).resolves.toBeDefined()
  })
})

describe('a request', () => {
  it('for an algorithm of another kind is refused', () => {
    expect(() => needsPassword({ type: 'sip', algorithm: 'bcrypt' })).toThrow(usage(/not one of --type sip/))
    expect(() => needsPassword({ type: 'ami', algorithm: 'md5' })).toThrow(usage(/not one of --type ami/))
    expect(() => needsPassword({ type: 'sip', challenge: '1' })).toThrow(usage(/--challenge needs/))
  })

  it('says which need a password', () => {
    const needing = (['voipmonitor', 'ami', 'sip', 'tunnel', 'proxykey', 'password'] as const).filter((type) =>
      needsPassword({ type })
    )
    expect(needing).toEqual(['sip', 'tunnel'])
    expect(needsPassword({ type: 'password', algorithm: 'scrypt' })).toBe(true)
  })

  it('makes a password where none is given, and hashes that one', async () => {
    const { facts } = await generate({ type: 'tunnel', username: 'u', iterations: 4096 })
    const [, iterations, salt, , server] = /^SCRAM-SHA-256\$(\d+):(.+)\$(.+):(.+)$/.exec(facts.scram as string)!
    const salted = pbkdf2Sync(facts.password as string, Buffer.from(salt!, 'base64'), Number(iterations), 32, 'sha256')
    expect(createHmac('sha256', salted).update('Server Key').digest('base64')).toBe(server)
  })

  it('for a format that the kind does not have names those that it has', () => {
    const generated = generateProxyKey({})
    expect(() => renderGenerated('proxykey', generated, 'php')).toThrow(usage(/cannot be written with --format php/))
    expect(JSON.parse(renderGenerated('proxykey', generated, 'json'))).toEqual(generated.facts)
  })
})
