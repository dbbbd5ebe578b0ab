import fc from 'fast-check'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createRecord, formatRecord } from '../../../../src/lib/scram/record.js'
import { openStore } from '../../../../src/lib/store/open-store.js'
import { tokenOf } from '../../../../src/lib/tunnel/protocol-1-messages.js'
import { TunnelAccounts } from '../../../../src/lib/tunnel-server/accounts.js'
import { readCsv } from '../../../../src/lib/tunnel-server/csv-rows.js'
import { guessFormat, readImport } from '../../../../src/lib/tunnel-server/import-file.js'
import { type ImportOptions, importUsers } from '../../../../src/lib/tunnel-server/import-users.js'

const scram = formatRecord(await createRecord('secret', { iterations: 4096 }))
const token = (name: string) => tokenOf(name, 'secret')
let accounts: TunnelAccounts

beforeEach(async () => {
  accounts = await TunnelAccounts.open(await openStore<never>('sqlite::memory:', { timeoutMs: 5_000 }))
  onTestFinished(() => accounts.close())
})

const run = (text: string, more: Partial<ImportOptions> = {}) =>
  importUsers(accounts, readImport(text, guessFormat(text)), { existing: 'fail', iterations: 4096, ...more })
const users = async () => (await accounts.list()).map(({ username, protocols }) => [username, protocols])

describe('an import of users', () => {
  it('takes CSV, with passwords, records and tokens', async () => {
    const text = `username,password,scram,protocol1,token\r\nalice,"se,cr""et",,yes,\r\nbob,,${scram},,\r\n"carol",,,no,${token('carol').toUpperCase()}\r\n`
    expect(await run(text)).toEqual({ added: 3, changed: 0, skipped: 0 })
    expect(await users()).toEqual([
      ['alice', [2, 1]],
      ['bob', [2]],
      ['carol', [1]]
    ])
    expect(await accounts.findByToken(tokenOf('alice', 'se,cr"et'))).toBe('alice')
    expect([await accounts.findRecord('carol'), await accounts.has('carol')]).toEqual([undefined, true])
    expect(formatRecord((await accounts.findRecord('bob'))!)).toBe(scram)
  })

  it.each([
    [
      'an array',
      `[\n{"username":"alice","password":"x"},\n{"username":"bob","scram":${JSON.stringify(scram)},"protocol1":false}]`
    ],
    ['an object a line', `{"username":"alice","password":"x"}\n\n{"username":"bob","scram":${JSON.stringify(scram)}}\n`],
    ["the original's table", `# users\n${token('alice')} alice\n${token('bob')}\tbob\n`]
  ])('takes %s', async (_, text) => {
    expect(await run(text)).toEqual({ added: 2, changed: 0, skipped: 0 })
  })

  it.each([
    ['CSV', `username,password\nalice,x\n,x\nbob\ncarol,\nalice,y\n`, [3, 4, 5, 6]],
    ['CSV without its names', `alice,x\n`, [1]],
    ['CSV with a quote that does not end', `username,password\nalice,x\nbob,"x\n`, [3]],
    [
      'JSON',
      `[{"username":"alice","password":"x"},\n {"username":"a b","password":"x"},\n\n 5,\n {"username":"bob","pasword":"x"}]`,
      [2, 4, 5, 5]
    ],
    ['JSON that is none', `[{"username":"alice",\n"password":"x"},\n oops]`, [3]],
    ['JSON lines', `{"username":"alice","password":"x"}\n{"username":\n`, [2]],
    ["the original's table", `${token('a')} alice\nnonsense\n${token('a')} bob\n${'x'.repeat(32)} carol\n`, [2, 3, 4]],
    ['a user who is there', `username,password\nalice,x\nzoe,x\n`, [3]],
    ["a token that is somebody's", `${token('zoe')} alice\n`, [1]],
    ['a token of another password', `username,password,token\nalice,x,${token('alice')}\n`, [2]],
    ['a password that cannot be one', `username,password\nalice,x\nbob,\u00ad\n`, [3]]
  ])('tells each problem of %s by its line, and changes nothing', async (_, text, lines) => {
    await accounts.put('zoe', await createRecord('secret', { iterations: 4096 }), token('zoe'))
    const failure = (await run(text).catch((error: unknown) => error)) as {
      details: { problems: { line: number; message: string }[] }
    }
    expect(failure.details.problems.map(({ line }) => line)).toEqual(lines)
    expect(await users()).toEqual([['zoe', [2, 1]]])
  })

  it('tells no secret', async () => {
    const { problems } = readImport('username,password,scram\nalice,topsecret,SCRAM-SHA-256$topsecret\n', 'csv')
    expect(JSON.stringify(problems)).not.toContain('topsecret')
  })

  it('leaves users who are there, or gives them what the file has', async () => {
    await run(`username,password\nalice,x\n`)
    expect(await run(`username,password\nalice,y\nbob,y\n`, { existing: 'skip' })).toEqual({ added: 1, changed: 0, skipped: 1 })
    expect(await run(`username,scram\nalice,${scram}\n`, { existing: 'replace' })).toEqual({ added: 0, changed: 1, skipped: 0 })
    expect(formatRecord((await accounts.findRecord('alice'))!)).toBe(scram)
  })

  it('keeps nothing of a transaction that fails in its middle', async () => {
    const row = (username: string, own: string) => ({ username, scram: '', token: own })
    await expect(accounts.putAll([row('a', 'x'), row('b', 'x')], 'fail')).rejects.toThrow()
    expect(await users()).toEqual([])
  })
})

describe('CSV', () => {
  it('is read as it was written', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ') })
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 })), (rows) => {
        const text = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\r\n')
        expect(readCsv(text)).toMatchObject({ rows: rows.map((fields) => ({ fields })) })
      })
    )
  })

  it('says where a quote has no end, however long the file is', () => {
    expect(readCsv(`a,b\n"${'x'.repeat(20_000_000)}\n`)).toEqual({ brokenLine: 2 })
  })

  it('never fails to end', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r') }), (text) => void readCsv(text)))
  })
})
