import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { diffAccounts } from '../../../../../src/lib/registrations/accounts/diff-accounts.js'
import { readAccounts } from '../../../../../src/lib/registrations/accounts/read-accounts.js'

const read = (...rows: Record<string, unknown>[]) => {
  const lines = rows.map((row) => JSON.stringify({ r_username: 'u', r_domain: 'h', auth_password: 'p', ...row })).join('\n')
  return readAccounts({ kind: 'stdin', stream: Readable.from([lines]) }, { timeoutMs: 1000, env: {} })
}
const keys = (accounts: readonly { uuid: string }[]) => accounts.map(({ uuid }) => uuid)

describe('a reload', () => {
  it('tells what was added, removed and changed, and that a new line above is no change', async () => {
    const before = await read({ l_uuid: 'same' }, { l_uuid: 'gone' }, { l_uuid: 'other' })
    const after = await read({ l_uuid: 'new' }, { l_uuid: 'other', expires: 60 }, { l_uuid: 'same', extra_headers: '' })
    const diff = diffAccounts(before.accounts, after.accounts)
    expect({ added: keys(diff.added), removed: keys(diff.removed), same: keys(diff.same) }).toEqual({
      added: ['new'],
      removed: ['gone'],
      same: ['same']
    })
    expect(diff.changed).toMatchObject([{ before: { uuid: 'other', expiresS: 3600 }, after: { expiresS: 60 } }])
    expect(diff.same[0]).toBe(before.accounts[0])
  })

  it.each([
    ['a password', { auth_password: 'q' }],
    ['a HA1', { auth_ha1: 'a'.repeat(32) }],
    ['the order of proxies', { auth_proxy: 'b,a' }],
    ['a header', { extra_headers: 'X: y' }]
  ])('sees that %s has changed', async (_, more) => {
    const before = await read({ l_uuid: 'a', auth_proxy: 'a,b' })
    const after = await read({ l_uuid: 'a', auth_proxy: 'a,b', ...more })
    expect(diffAccounts(before.accounts, after.accounts).changed).toHaveLength(1)
  })

  it('keeps an account as it was whose row has become wrong', async () => {
    const before = await read({ l_uuid: 'a' }, { l_uuid: 'b' })
    const { accounts, problems } = await read({ l_uuid: 'a', expires: 'x' })
    const broken = new Set(problems.flatMap(({ uuid }) => uuid ?? []))
    const diff = diffAccounts(before.accounts, accounts, broken)
    expect({ removed: keys(diff.removed), same: keys(diff.same) }).toEqual({ removed: ['b'], same: ['a'] })
  })
})
