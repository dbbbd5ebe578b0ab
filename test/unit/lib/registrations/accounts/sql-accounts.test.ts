import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readAccounts } from '../../../../../src/lib/registrations/accounts/read-accounts.js'
import { openStore } from '../../../../../src/lib/store/open-store.js'
import { sql } from '../../../../../src/lib/store/sql.js'
import { describeAccountTable } from './support/behaviour.js'
import { makeUacreg, uacregRow } from './support/uacreg-table.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-accounts-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

describe('accounts in SQLite', () => {
  describeAccountTable(async () => `sqlite:${path.join(folder, 'behaviour.db')}`)

  const read = (url: string, table = 'uacreg') =>
    readAccounts({ kind: 'db', url, table }, { timeoutMs: 5000, env: { A: 'from env' } })

  it('are found with one slash, three and four', async () => {
    const file = path.join(folder, 'slashes.db')
    await makeUacreg(`sqlite:${file}`, '5', [uacregRow('u1')])
    for (const url of [`sqlite:${path.relative('.', file)}`, `sqlite://${file}`, `sqlite:///${file}`]) {
      expect((await read(url)).accounts).toHaveLength(1)
    }
  })

  it('are never made: a missing file stays missing, and one that is read stays as it is', async () => {
    const file = path.join(folder, 'missing.db')
    await expect(read(`sqlite:${file}`)).rejects.toMatchObject({ code: expect.stringMatching(/^E_/) })
    expect(fs.existsSync(file)).toBe(false)
    const there = path.join(folder, 'there.db')
    await makeUacreg(`sqlite:${there}`, '5', [uacregRow('u1')])
    const before = fs.readFileSync(there)
    await read(`sqlite:${there}`)
    expect(fs.readFileSync(there).equals(before)).toBe(true)
  })

  it('may be in a table that somebody made by hand: no id, nulls, blobs, columns of his own, doubles of a key', async () => {
    const url = `sqlite:${path.join(folder, 'hand.db')}`
    const store = await openStore<Record<string, never>>(url, { timeoutMs: 5000, env: {} })
    await sql`create table trunks (L_UUID text, r_username integer, r_domain text, auth_password blob, realm text, note text, q real)`.execute(
      store.db
    )
    await sql`insert into trunks values ('a', 100, 'h', ${Buffer.from('žluť')}, null, 'mine', 0.5), ('a', 101, 'h', 'env:A', null, '', null), ('b', 102, 'h', 'env:A', null, '', null)`.execute(
      store.db
    )
    await store.close()
    const { accounts, problems } = await read(url, 'trunks')
    expect(accounts).toMatchObject([
      { uuid: 'a', username: '100', secret: { password: 'žluť' }, q: 0.5, expiresS: 3600, source: 'trunks row 1' },
      { uuid: 'b', username: '102', secret: { password: 'from env' } }
    ])
    expect(problems).toEqual([{ source: 'trunks row 2', uuid: 'a', message: 'l_uuid: "a" is that of trunks row 1 already' }])
  })

  it('in a table without the columns that count are an error; a slip in a name is told', async () => {
    const url = `sqlite:${path.join(folder, 'columns.db')}`
    const store = await openStore<Record<string, never>>(url, { timeoutMs: 5000, env: {} })
    await sql`create table other (id integer, name text)`.execute(store.db)
    await sql`insert into other values (1, 'x')`.execute(store.db)
    await sql`create table slip (l_uuid text, r_username text, r_domain text, auth_pasword text, notes text)`.execute(store.db)
    await sql`insert into slip values ('a', 'b', 'c', 'secret', '')`.execute(store.db)
    await store.close()
    await expect(read(url, 'other')).rejects.toMatchObject({
      exit: 65,
      message: expect.stringMatching(/no column l_uuid, r_username, r_domain/)
    })
    const { problems } = await read(url, 'slip')
    expect(problems.map(({ message }) => message)).toEqual([
      'unknown column "auth_pasword" (Did you mean auth_password?)',
      'auth_password: is missing, and so is auth_ha1'
    ])
  })
})
