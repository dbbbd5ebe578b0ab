import { createHash } from 'node:crypto'
import bcrypt from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { hashSecret, StoredSecret } from '../../../../../src/lib/proxy/accounts/stored-secret.js'

const key = (challenge: string, secret: string) =>
  createHash('md5')
    .update(challenge + secret)
    .digest('hex')
const salt = Buffer.alloc(16, 1).toString('base64').replace(/=+$/, '')
const hash = Buffer.alloc(32, 2).toString('base64').replace(/=+$/, '')
// RFC 7914, section 12: the third vector.
const rfc = `$scrypt$N=16384,r=8,p=1$${Buffer.from('SodiumChloride').toString('base64')}$${Buffer.from(
  '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
  'hex'
).toString('base64')}`

describe('a stored secret', () => {
  const bcryptHash = bcrypt.hashSync('right', 4)
  for (const [form, text, right] of [
    ['plain', 'right', 'right'],
    ['plain, with a dollar', '$right', '$right'],
    ['bcrypt $2b$', bcryptHash, 'right'],
    ['bcrypt $2a$', bcryptHash.replace('$2b$', '$2a$'), 'right'],
    ['bcrypt $2y$', bcryptHash.replace('$2b$', '$2y$'), 'right'],
    ['scrypt with N= and padding, by RFC 7914', rfc, 'pleaseletmein'],
    [
      'scrypt with ln=',
      rfc
        .replace('N=16384', 'ln=14')
        .replace(/=+(?=\$)/g, '')
        .replace(/=+$/, ''),
      'pleaseletmein'
    ]
  ] as const) {
    it(`accepts the right one and nothing else: ${form}`, async () => {
      const stored = StoredSecret.parse(text, 'here')
      expect(await stored.accepts(right)).toBe(true)
      for (const wrong of ['', `${right} `, right.toUpperCase(), text === right ? 'x' : text])
        expect(await stored.accepts(wrong), wrong).toBe(false)
    })
  }

  for (const [how, text] of [
    ['empty', ''],
    ['bcrypt that costs minutes', `$2b$20$${'a'.repeat(53)}`],
    ['bcrypt with cost 15', `$2b$15$${'a'.repeat(53)}`],
    ['bcrypt cut short', '$2b$10$abc'],
    ['bcrypt of the broken form', `$2x$10$${'a'.repeat(53)}`],
    ['bcrypt with cost 3', `$2b$03$${'a'.repeat(53)}`],
    ['scrypt without parameters', `$scrypt$${salt}$${hash}`],
    ['scrypt that takes 256 MiB', `$scrypt$ln=18,r=8,p=1$${salt}$${hash}`],
    ['scrypt that takes more by r', `$scrypt$ln=15,r=64,p=1$${salt}$${hash}`],
    ['scrypt that takes long by p', `$scrypt$ln=15,r=8,p=100$${salt}$${hash}`],
    ['scrypt with N that is no power of two', `$scrypt$N=1000,r=8,p=1$${salt}$${hash}`],
    ['scrypt with ln=0', `$scrypt$ln=0,r=8,p=1$${salt}$${hash}`],
    ['scrypt with an impossible ln', `$scrypt$ln=9999999,r=8,p=1$${salt}$${hash}`],
    ['scrypt with r=0', `$scrypt$ln=15,r=0,p=1$${salt}$${hash}`],
    ['scrypt with a short salt', `$scrypt$ln=15,r=8,p=1$AAAA$${hash}`],
    ['scrypt with a short hash', `$scrypt$ln=15,r=8,p=1$${salt}$AAAA`],
    ['a hash of another form', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA'],
    ['a hash of crypt', '$6$salt$hash']
  ] as const) {
    it(`is refused with its place: ${how}`, () => {
      expect(() => StoredSecret.parse(text, 'proxy.ini:9')).toThrow(
        expect.objectContaining({ code: 'E_CONFIG', message: expect.stringMatching(/^proxy\.ini:9: /) })
      )
    })
  }

  it('answers a challenge in lower case when it is plain', () => {
    const stored = StoredSecret.parse('right', 'here')
    expect(stored.canAnswerChallenge).toBe(true)
    expect(stored.acceptsKey('123', key('123', 'right'))).toBe(true)
    expect(stored.acceptsKey('123', key('123', 'right').toUpperCase())).toBe(false)
    expect(stored.acceptsKey('124', key('123', 'right'))).toBe(false)
    expect(stored.acceptsKey('123', '')).toBe(false)
  })

  it('answers no challenge when it is a hash, not even with the hash as the secret', () => {
    for (const text of [bcryptHash, rfc]) {
      const stored = StoredSecret.parse(text, 'here')
      expect(stored.canAnswerChallenge).toBe(false)
      for (const secret of [text, 'right', 'pleaseletmein', '']) expect(stored.acceptsKey('123', key('123', secret))).toBe(false)
    }
  })

  it('can be made: a scrypt hash that is different each time and accepts its secret', async () => {
    const made = await hashSecret('ünï')
    expect(made).toMatch(/^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(await hashSecret('ünï')).not.toBe(made)
    expect(await StoredSecret.parse(made, 'here').accepts('ünï')).toBe(true)
    expect(await StoredSecret.parse(made, 'here').accepts('uni')).toBe(false)
    await expect(hashSecret('')).rejects.toMatchObject({ code: 'E_CONFIG' })
  })
})
