import { createHash } from 'node:crypto'
import bcrypt from 'bcryptjs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { LoginThrottle } from '../../../../../src/lib/access/login-throttle.js'
import { Accounts } from '../../../../../src/lib/proxy/accounts/accounts.js'
import { plainUser } from '../../../../../src/lib/proxy/user-options.js'

const address = '192.0.2.1'
const ann = plainUser('ann', 'ann-secret')
const ben = plainUser('ben', bcrypt.hashSync('ben-secret', 4))
const key = (challenge: string, secret: string) =>
  createHash('md5')
    .update(challenge + secret)
    .digest('hex')

afterEach(() => {
  vi.restoreAllMocks()
})

describe('accounts', () => {
  const accounts = Accounts.fromOptions([
    { ...ann, permit: ['192.0.2.0/24'], admin: true, server: 'pbx', read: 'call', eventFilters: ['Event: Newchannel'] },
    ben
  ])

  it('are found by name, in its case, with what was configured', () => {
    expect(accounts.names).toEqual(['ann', 'ben'])
    expect(accounts.get('ann')).toMatchObject({
      name: 'ann',
      admin: true,
      server: 'pbx',
      read: 'call',
      eventFilters: ['Event: Newchannel']
    })
    expect(accounts.get('Ann')).toBeUndefined()
  })

  for (const [how, attempt, name] of [
    ['the right secret', { username: 'ann', secret: 'ann-secret' }, 'ann'],
    ['the right secret of a hash', { username: 'ben', secret: 'ben-secret' }, 'ben'],
    ['the right key', { username: 'ann', challenge: '1', key: key('1', 'ann-secret') }, 'ann'],
    ['a wrong secret', { username: 'ann', secret: 'ann-secreT' }, undefined],
    ['an empty secret', { username: 'ann', secret: '' }, undefined],
    ['the hash as the secret', { username: 'ben', secret: ben.secret }, undefined],
    ['a secret of somebody else', { username: 'ann', secret: 'ben-secret' }, undefined],
    ['a name in another case', { username: 'ANN', secret: 'ann-secret' }, undefined],
    ['a name that nobody has', { username: 'eve', secret: 'ann-secret' }, undefined],
    ['no name', { username: '', secret: '' }, undefined],
    ['a name of every object', { username: '__proto__', secret: '' }, undefined],
    ['the key to another challenge', { username: 'ann', challenge: '2', key: key('1', 'ann-secret') }, undefined],
    ['a key for a hash', { username: 'ben', challenge: '1', key: key('1', 'ben-secret') }, undefined],
    ['a key of nobody', { username: 'eve', challenge: '1', key: key('1', '') }, undefined],
    ['another address', { username: 'ann', secret: 'ann-secret', address: '203.0.113.1' }, undefined],
    [
      'the right key from another address',
      { username: 'ann', challenge: '1', key: key('1', 'ann-secret'), address: '203.0.113.1' },
      undefined
    ]
  ] as const) {
    it(`${name ? 'let in' : 'do not let in'} who has ${how}`, async () => {
      expect((await accounts.login({ address, ...attempt }))?.name).toBe(name)
    })
  }

  it('compute a hash whatever is wrong, and whether anybody has the name, while one account has a hash', async () => {
    const compare = vi.spyOn(bcrypt, 'compare')
    for (const username of ['ben', 'ann', 'eve']) {
      compare.mockClear()
      await accounts.login({ username, secret: 'wrong', address })
      expect(compare, username).toHaveBeenCalledTimes(1)
    }
  })

  for (const [how, users] of [
    ['a name that is there twice', [ann, { ...ben, name: 'ann', where: 'users:2' }]],
    ['no name', [{ ...ann, name: '', where: 'users:2' }]],
    ['an empty secret', [{ ...ann, secret: '', where: 'users:2' }]],
    ['a bad address', [{ ...ann, permit: ['x'], where: 'users:2' }]],
    ['a bad rule', [{ ...ann, deny: ['='], where: 'users:2' }]],
    ['a bad class', [{ ...ann, write: 'x', where: 'users:2' }]]
  ] as const) {
    it(`are refused with the place for ${how}`, () => {
      expect(() => Accounts.fromOptions(users)).toThrow(
        expect.objectContaining({ code: 'E_CONFIG', message: expect.stringMatching(/^users:2: /) })
      )
    })
  }
})

describe('a login that counts', () => {
  const throttle = () => new LoginThrottle({ clock: () => 0, perAddress: 3 })

  it('is told to wait after a failure, and later refused without a look at the right secret', async () => {
    const accounts = Accounts.fromOptions([ann])
    const counts = throttle()
    const outcomes = []
    for (let n = 0; n < 4; n++) outcomes.push(await accounts.throttledLogin({ username: 'ann', secret: 'x', address }, counts))
    expect(outcomes).toEqual([{ delayMs: 100 }, { delayMs: 200 }, { delayMs: 400 }, { retryInMs: 300_000 }])
    expect(await accounts.throttledLogin({ username: 'ann', secret: 'ann-secret', address }, counts)).toEqual({
      retryInMs: 300_000
    })
  })

  it('begins anew after a success', async () => {
    const accounts = Accounts.fromOptions([ann])
    const counts = throttle()
    for (let n = 0; n < 8; n++) {
      expect(await accounts.throttledLogin({ username: 'ann', secret: 'x', address }, counts)).toEqual({ delayMs: 100 })
      expect(await accounts.throttledLogin({ username: 'ann', secret: 'ann-secret', address }, counts)).toHaveProperty('account')
    }
  })

  it('counts keys too', async () => {
    const accounts = Accounts.fromOptions([ann])
    const counts = throttle()
    for (let n = 0; n < 3; n++) await accounts.throttledLogin({ username: 'ann', challenge: '1', key: 'x', address }, counts)
    const right = { username: 'ann', challenge: '1', key: key('1', 'ann-secret'), address }
    expect(await accounts.throttledLogin(right, counts)).toHaveProperty('retryInMs')
  })

  it('has no more guesses in parallel than one after another, but for the two that are compared at a time', async () => {
    const accounts = Accounts.fromOptions([ben])
    const counts = throttle()
    const compare = vi.spyOn(bcrypt, 'compare')
    const attempts = Array.from({ length: 50 }, () => accounts.throttledLogin({ username: 'ben', secret: 'x', address }, counts))
    await Promise.all(attempts)
    expect(compare.mock.calls.length).toBeGreaterThanOrEqual(3)
    expect(compare.mock.calls.length).toBeLessThanOrEqual(4)
  })

  it('compares two secrets at a time, also when many have waited', async () => {
    const accounts = Accounts.fromOptions([ben])
    let now = 0
    let most = 0
    vi.spyOn(bcrypt, 'compare').mockImplementation((async () => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      now--
      return true
    }) as typeof bcrypt.compare)
    const attempt = () => accounts.login({ username: 'ben', secret: 'x', address })
    const first = Array.from({ length: 10 }, attempt)
    await first[4]
    await Promise.all([...first, ...Array.from({ length: 10 }, attempt)])
    expect(most).toBe(2)
  })

  it('lets all in who come at once with the right secret, and asks the ones beyond thousands to come back', async () => {
    const accounts = Accounts.fromOptions([ann])
    const counts = throttle()
    const attempts = Array.from({ length: 5010 }, () =>
      accounts.throttledLogin({ username: 'ann', secret: 'ann-secret', address }, counts)
    )
    const outcomes = await Promise.all(attempts)
    expect(outcomes.filter((outcome) => 'account' in outcome)).toHaveLength(5002)
    expect(outcomes.at(-1)).toEqual({ retryInMs: 5000 })
  })
})
