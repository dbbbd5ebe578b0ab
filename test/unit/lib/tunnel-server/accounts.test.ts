import { describe, expect, it, onTestFinished } from 'vitest'
import { DataError } from '../../../../src/lib/errors.js'
import { createRecord } from '../../../../src/lib/scram/record.js'
import { openStore } from '../../../../src/lib/store/open-store.js'
import { TunnelAccounts, type TunnelTables } from '../../../../src/lib/tunnel-server/accounts.js'
import { checkUsername } from '../../../../src/lib/tunnel-server/username.js'

const record = await createRecord('secret', { iterations: 4096 })

async function accounts(): Promise<TunnelAccounts> {
  const opened = await TunnelAccounts.open(await openStore<TunnelTables>('sqlite::memory:', { timeoutMs: 5_000 }))
  onTestFinished(() => opened.close())
  return opened
}

describe('accounts of the tunnel', () => {
  it('are added, changed, listed and removed', async () => {
    const users = await accounts()
    expect(await users.put('bob', record, 'token of bob')).toBe('added')
    expect(await users.put('alice', record, undefined)).toBe('added')
    expect((await users.list()).map(({ username, protocols }) => [username, protocols])).toEqual([
      ['alice', [2]],
      ['bob', [2, 1]]
    ])
    expect(await users.put('bob', record, undefined)).toBe('changed')
    expect(await users.findByToken('token of bob')).toBeUndefined()
    expect([await users.remove('bob'), await users.remove('bob')]).toEqual([true, false])
    expect(await users.findRecord('bob')).toBeUndefined()
  })

  it('are found by name, to the letter, and by the token of protocol 1', async () => {
    const users = await accounts()
    await users.put('Alice', record, 'abc')
    expect(await users.findRecord('Alice')).toEqual(record)
    expect(await users.findRecord('alice')).toBeUndefined()
    expect(await users.findByToken('abc')).toBe('Alice')
    expect(await users.findByToken('')).toBeUndefined()
  })

  it('keep one secret for the users that there are not', async () => {
    const users = await accounts()
    const [one, other] = await Promise.all([users.inventedSecret(), users.inventedSecret()])
    expect(one).toHaveLength(32)
    expect(other).toEqual(one)
  })

  it.each(['', 'a:b', 'a b', 'a\nb', 'a"b', 'a(b', 'x'.repeat(101)])('have no name like %j', (name) => {
    expect(() => checkUsername(name)).toThrow(DataError)
  })
})
