import bcrypt from 'bcryptjs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { LoginThrottle } from '../../../../../src/lib/access/login-throttle.js'
import { Accounts } from '../../../../../src/lib/proxy/accounts/accounts.js'
import { VerifiedSecrets } from '../../../../../src/lib/proxy/accounts/verified-secrets.js'
import { plainUser } from '../../../../../src/lib/proxy/user-options.js'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('secrets that were right', () => {
  it('are known for a minute from their proof, however often they are used', () => {
    let now = 0
    const verified = new VerifiedSecrets({ clock: () => now })
    verified.remember('ann', 's')
    for (now = 0; now < 60_000; now += 10_000) expect(verified.knows('ann', 's')).toBe(true)
    expect(verified.knows('ann', 's')).toBe(false)
    expect(verified.size).toBe(0)
  })

  it('are those of one user, to the letter', () => {
    const verified = new VerifiedSecrets({ clock: () => 0 })
    verified.remember('ann', 'bs')
    for (const [name, secret] of [
      ['annb', 's'],
      ['an', 'nbs'],
      ['ann', 'BS'],
      ['ann', ''],
      ['', 'annbs'],
      ['__proto__', 'bs']
    ] as const)
      expect(verified.knows(name, secret)).toBe(false)
    expect(verified.knows('ann', 'bs')).toBe(true)
  })

  it('are bounded: the one that was proved longest ago goes first', () => {
    const verified = new VerifiedSecrets({ clock: () => 0, maxEntries: 2 })
    for (const name of ['a', 'b', 'a', 'c']) verified.remember(name, 's')
    expect(['a', 'b', 'c'].map((name) => verified.knows(name, 's'))).toEqual([true, false, true])
  })
})

describe('accounts with hashes', () => {
  const users = [
    { ...plainUser('ben', bcrypt.hashSync('ben-secret', 4)), permit: ['192.0.2.0/24'] },
    plainUser('ann', 'ann-secret')
  ]
  const ben = { username: 'ben', secret: 'ben-secret', address: '192.0.2.1' }

  function setUp() {
    let now = 0
    const hashed = vi.spyOn(bcrypt, 'compare')
    const throttle = new LoginThrottle({ clock: () => now })
    const make = () => Accounts.fromOptions(users, () => now)
    const pass = (ms: number) => {
      now += ms
    }
    return { hashed, throttle, make, accounts: make(), pass }
  }

  it('hash a secret once a minute', async () => {
    const { accounts, throttle, hashed, pass } = setUp()
    for (let i = 0; i < 10; i++) expect(await accounts.throttledLogin(ben, throttle)).toHaveProperty('account.name', 'ben')
    expect(hashed).toHaveBeenCalledTimes(1)
    pass(60_000)
    await accounts.throttledLogin(ben, throttle)
    expect(hashed).toHaveBeenCalledTimes(2)
  })

  it('hash every secret that is wrong, and count it', async () => {
    const { accounts, throttle, hashed } = setUp()
    await accounts.throttledLogin(ben, throttle)
    for (let i = 0; i < 10; i++) await accounts.throttledLogin({ ...ben, secret: `ben-secret${i}` }, throttle)
    expect(hashed).toHaveBeenCalledTimes(11)
    expect(await accounts.throttledLogin(ben, throttle)).toHaveProperty('retryInMs')
  })

  it('tell nobody sooner that a secret is right from an address that is not permitted', async () => {
    const { accounts, throttle, hashed } = setUp()
    await accounts.throttledLogin(ben, throttle)
    expect(await accounts.throttledLogin({ ...ben, address: '203.0.113.1' }, throttle)).toHaveProperty('delayMs')
    expect(hashed).toHaveBeenCalledTimes(2)
  })

  it('do not make who is known wait behind those who guess', async () => {
    const { accounts, throttle, hashed } = setUp()
    await accounts.throttledLogin(ben, throttle)
    const unblock: (() => void)[] = []
    hashed.mockImplementation(() => new Promise((resolve) => unblock.push(() => resolve(false))) as never)
    const guesses = Array.from({ length: 5 }, (_, i) => accounts.throttledLogin({ ...ben, secret: `no${i}` }, throttle))
    expect(await accounts.throttledLogin(ben, throttle)).toHaveProperty('account')
    const done = Promise.all(guesses)
    let ended = false
    void done.then(() => {
      ended = true
    })
    while (!ended) {
      for (const next of unblock.splice(0)) next()
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

  it('forget all at a reload, which makes new ones', async () => {
    const { accounts, make, throttle, hashed } = setUp()
    await accounts.throttledLogin(ben, throttle)
    await make().throttledLogin(ben, throttle)
    expect(hashed).toHaveBeenCalledTimes(2)
  })

  it('do so for users with plain secrets too, who would wait as long for the look of it', async () => {
    const { accounts, throttle, hashed } = setUp()
    const ann = { username: 'ann', secret: 'ann-secret', address: '192.0.2.1' }
    for (let i = 0; i < 3; i++) expect(await accounts.throttledLogin(ann, throttle)).toHaveProperty('account.name', 'ann')
    expect(hashed).toHaveBeenCalledTimes(1)
  })
})
