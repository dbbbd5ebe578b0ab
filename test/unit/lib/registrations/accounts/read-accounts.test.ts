import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { AccountFormat } from '../../../../../src/lib/registrations/accounts/account-file.js'
import { readAccounts } from '../../../../../src/lib/registrations/accounts/read-accounts.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-account-files-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))
let files = 0

function write(text: string, name = `accounts-${++files}`, mode = 0o600): string {
  const file = path.join(folder, name)
  fs.writeFileSync(file, text, { mode })
  return file
}

/** @param name whose ending is the format */
async function read(text: string, name: string, format?: AccountFormat) {
  const warnings: string[] = []
  const file = write(text, `${++files}.${name}`)
  const settings = { timeoutMs: 1000, env: { SECRET: 'of env', EMPTY: '' }, warn: (message: string) => warnings.push(message) }
  const { accounts, problems } = await readAccounts({ kind: 'file', path: file, format }, settings)
  const short = (source: string) => source.replace(path.basename(file), 'F')
  return {
    accounts: accounts.map((one) => ({ ...one, source: short(one.source) })),
    problems: problems.map(({ source, message }) => `${short(source)} ${message.replaceAll(path.basename(file), 'F')}`),
    warnings
  }
}

const stdin = (text: string) => readAccounts({ kind: 'stdin', stream: Readable.from([text]) }, { timeoutMs: 1000, env: {} })

/** One account in every form, with the values that forms like to lose. */
const forms: Record<string, string> = {
  'one.csv':
    'l_uuid,r_username,r_domain,auth_password,auth_proxy,expires\nu.1,0123,example.org,"p;w, #""1"" ",sip:10.0.0.1;transport=tls,60\n',
  'semicolons.csv':
    '\ufeffl_uuid;R_Username;r_domain;auth_password;auth_proxy;expires\r\nu.1;0123;example.org;"p;w, #""1"" ";"sip:10.0.0.1;transport=tls";60\r\n',
  'one.json': JSON.stringify([
    {
      l_uuid: 'u.1',
      r_username: '0123',
      r_domain: 'example.org',
      auth_password: 'p;w, #"1" ',
      auth_proxy: ['sip:10.0.0.1;transport=tls'],
      expires: 60
    }
  ]),
  'one.ndjson':
    '\n{"l_uuid":"u.1","r_username":"0123","r_domain":"example.org","auth_password":"p;w, #\\"1\\" ","auth_proxy":"sip:10.0.0.1;transport=tls","expires":"60"}\n',
  'one.yaml': `accounts:
  - l_uuid: u.1
    r_username: 0123
    r_domain: example.org
    auth_password: 'p;w, #"1" '
    auth_proxy: [sip:10.0.0.1;transport=tls]
    expires: 60
`,
  'one.ini': `; trunks
[u.1]
r_username = 0123
r_domain=example.org
auth_password = "p;w, #"1" "
auth_proxy = sip:10.0.0.1;transport=tls
# in seconds
expires = 60
`,
  uacreg: `id(int,auto) l_uuid(string) r_username(string) r_domain(string) auth_password(string) auth_proxy(string) expires(int)
1:u.1:0123:example.org:p;w, #"1" :sip\\:10.0.0.1;transport=tls:60
`
}

describe('csv without a quote', () => {
  const header = 'l_uuid,r_username,r_domain,auth_password,expires'
  const rows = [
    'a,1,example.org,p w,60',
    '',
    'b,2,example.org, p;x ,',
    'c,3,example.org',
    'd,4,example.org,q,70,80',
    'e,5,example.org,r,90'
  ]

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n']
  ])('is read as the same table with one, lines with %s', async (_, lineEnd) => {
    const plain = [header, ...rows].join(lineEnd)
    const quoted = [header.replace('l_uuid', '"l_uuid"'), ...rows].join(lineEnd)
    const [one, other] = [await read(plain, 'a.csv'), await read(quoted, 'b.csv')]
    expect(one).toEqual(other)
    expect(one.accounts.map(({ uuid, source }) => `${uuid} ${source}`)).toEqual(['a F:2', 'b F:4', 'e F:7'])
    expect(one.problems.map((problem) => problem.slice(0, 12))).toEqual(['F:5 3 fields', 'F:6 6 fields'])
  })
})

describe('accounts in a file', () => {
  it.each(Object.keys(forms))('%s gives the same account', async (name) => {
    const { accounts, problems } = await read(forms[name]!, name)
    expect(problems).toEqual([])
    expect(accounts).toMatchObject([
      {
        uuid: 'u.1',
        username: '0123',
        authUsername: '0123',
        domain: 'example.org',
        secret: { kind: 'password', password: 'p;w, #"1" ' },
        proxies: ['sip:10.0.0.1;transport=tls'],
        expiresS: 60
      }
    ])
  })

  const lines: Record<string, string> = {
    'csv a quote': 'F:4 something stands behind a closing quote',
    csv: 'F:3 3 fields, where the first line has 4 columns; auth_password: is missing, and so is auth_ha1',
    ndjson: 'F:2 this is not JSON',
    yaml: 'F:3 this is no map of columns and values',
    dbtext: 'F:3 3 fields, where the first line has 4 columns; auth_password: is missing, and so is auth_ha1',
    ini: 'F:1 a line before the first [l_uuid]'
  }
  it.each([
    ['csv', 'l_uuid,r_username,r_domain,auth_password\na,b,c,d\nx,y,z\ne,f,g,h\n'],
    ['csv a quote', 'l_uuid,r_username,r_domain,auth_password\na,b,c,d\n\nx,"y"z,w,secret\ne,f,g,h\n'],
    [
      'ndjson',
      '{"l_uuid":"a","r_username":"b","r_domain":"c","auth_password":"d"}\n{"secret\n{"l_uuid":"e","r_username":"f","r_domain":"g","auth_password":"h"}'
    ],
    [
      'yaml',
      '- {l_uuid: a, r_username: b, r_domain: c, auth_password: d}\n\n- secret\n- {l_uuid: e, r_username: f, r_domain: g, auth_password: h}'
    ],
    ['ini', 'secret = 1\n[a]\nr_username=b\nr_domain=c\nauth_password=d\n[e]\nr_username=f\nr_domain=g\nauth_password=h\n'],
    ['dbtext', 'l_uuid(str) r_username(str) r_domain(str) auth_password(str)\na:b:c:d\nx:y:z\ne:f:g:h:\n']
  ])('%s: a row that is broken is told by its line, and the others run', async (name, text) => {
    const { accounts, problems } = await read(text, name.split(' ')[0]!)
    expect(accounts.map(({ uuid }) => uuid)).toEqual(['a', 'e'])
    expect(problems).toEqual([lines[name]])
  })

  it('CSV with a quote that is never closed loses that line only', async () => {
    const { accounts, problems } = await read('l_uuid,r_username,r_domain,auth_password\na,b,c,d\nx,"y,z,w\ne,f,g,h\n', 'csv')
    expect(accounts.map(({ uuid }) => uuid)).toEqual(['a', 'e'])
    expect(problems).toEqual(['F:3 a quote is opened and never closed'])
  })

  it.each([
    ['json', '[{"l_uuid": "a",\n "auth_password": secret}]', /json: this is not JSON$/],
    ['json', '{"l_uuid": "a"}', /neither a list/],
    ['yaml', '- l_uuid: a\n  auth_password: "secret\n', /:\d: this is not YAML \(MISSING_CHAR\)$/],
    ['yaml', 'secret', /neither a list/],
    ['csv', 'l_uuid,name,auth_password\na,b,secret', /has no column r_username, r_domain$/],
    ['csv', '', /no first line/],
    ['dbtext', '', /has no column l_uuid/],
    ['xyz', 'secret', /not known what format/]
  ])('%s that is none at all is an error that quotes no secret', async (name, text, says) => {
    const failed = await read(text, name).catch((error) => error)
    expect(failed).toMatchObject({ exit: 65, message: expect.stringMatching(says) })
    expect(failed.message).not.toContain('secret')
  })

  it('that is missing, a device, or too large is an error', async () => {
    const open = (file: string) => readAccounts({ kind: 'file', path: file }, { timeoutMs: 1000 })
    await expect(open(path.join(folder, 'missing.csv'))).rejects.toMatchObject({ exit: 78 })
    await expect(open('/dev/zero')).rejects.toMatchObject({ exit: 78, message: expect.stringContaining('no file') })
  })

  it('may be a folder of db_text', async () => {
    const dir = path.join(folder, 'dbtext')
    fs.mkdirSync(dir)
    fs.writeFileSync(path.join(dir, 'uacreg'), forms.uacreg!, { mode: 0o600 })
    expect((await readAccounts({ kind: 'file', path: dir }, { timeoutMs: 1000 })).accounts).toHaveLength(1)
  })

  it('that others may read is told, without a stop', async () => {
    const warnings: string[] = []
    const file = write(forms['one.csv']!, 'open.csv', 0o644)
    const { accounts } = await readAccounts({ kind: 'file', path: file }, { timeoutMs: 1000, warn: (one) => warnings.push(one) })
    expect(accounts).toHaveLength(1)
    expect(warnings).toEqual([expect.stringContaining('chmod 600')])
  })

  it.each(['csv', 'json', 'ndjson', 'yaml', 'ini', 'dbtext'] as const)(
    '%s of any text is refused or read, never a crash',
    async (format) => {
      const piece = fc.oneof(
        fc.constantFrom(
          'l_uuid',
          'r_username',
          '"',
          "'",
          ',',
          ':',
          '\n',
          '[',
          ']',
          '{',
          '}',
          '- ',
          '&a ',
          '*a',
          '=',
          '\\',
          '__proto__'
        ),
        fc.string({ maxLength: 5 })
      )
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
          const file = write(pieces.join(''), 'any')
          const outcome = await readAccounts({ kind: 'file', path: file, format }, { timeoutMs: 1000, env: {} }).catch(
            (error) => error
          )
          if (outcome instanceof Error) expect(outcome).toMatchObject({ exit: expect.toBeOneOf([65, 78]) })
        }),
        { numRuns: 150 }
      )
    }
  )
})

describe('accounts from stdin', () => {
  it('are JSON lines, or a list', async () => {
    const row = '{"l_uuid":"a","r_username":100,"r_domain":"h","auth_password":"p","path":true}'
    expect((await stdin(`${row}\n`)).accounts).toMatchObject([{ username: '100', path: true, source: 'stdin:1' }])
    expect((await stdin(` [${row}]`)).accounts).toMatchObject([{ username: '100', source: 'stdin row 1' }])
    expect(await stdin('')).toEqual({ accounts: [], problems: [] })
  })

  it('in pieces that cut a letter in two', async () => {
    const bytes = Buffer.from('{"l_uuid":"a","r_username":"b","r_domain":"h","auth_password":"žluť"}')
    const stream = Readable.from([...bytes].map((one) => Buffer.from([one])))
    expect((await readAccounts({ kind: 'stdin', stream }, { timeoutMs: 1000, env: {} })).accounts).toMatchObject([
      { secret: { password: 'žluť' } }
    ])
  })
})

const base = { l_uuid: 'a', r_username: 'b', r_domain: 'example.org', auth_password: 'pw' }
const one = async (more: Record<string, unknown>) => {
  const { accounts, problems, warnings } = await read(JSON.stringify({ ...base, ...more }), 'ndjson')
  return { account: accounts[0], problem: problems[0]?.replace('F:1 ', ''), warnings }
}

describe('a row', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ l_uuid: '' }, 'l_uuid: is missing'],
    [{ r_domain: ' ' }, 'r_domain: is missing'],
    [{ r_domain: 'a b' }, 'r_domain: no host: no host: "a b"'],
    [{ r_domain: 'sip:example.org' }, 'r_domain: stands without "sip:"'],
    [{ r_domain: 'x@example.org' }, 'r_domain: "x@example.org" is more than host, port and parameters'],
    [{ r_username: 'a@b' }, 'r_username: "a@b" cannot stand in a URI; escaped it is "a%40b"'],
    [{ r_username: 'žofie' }, 'r_username: "žofie" cannot stand in a URI; escaped it is "%C5%BEofie"'],
    [{ l_uuid: 'a>b' }, 'l_uuid: "a>b" cannot stand in a URI; escaped it is "a%3Eb"'],
    [{ expires: 4294967296 }, 'expires: "4294967296" is not a whole number from 0 to 4294967295'],
    [{ expires: '1e3' }, 'expires: "1e3" is not a whole number from 0 to 4294967295'],
    [{ reg_delay: -1 }, 'reg_delay: "-1" is not a whole number from 0 to 4294967295'],
    [{ auth_ha1: 'g'.repeat(32) }, 'auth_ha1: has other characters than hex digits'],
    [{ auth_ha1: 'a'.repeat(33) }, 'auth_ha1: has 33 hex digits; MD5 has 32, SHA-256 has 64'],
    [{ auth_ha1: `SHA-512-256:${'a'.repeat(32)}` }, 'auth_ha1: has 32 hex digits; SHA-512-256 has 64'],
    [{ auth_password: 'env:NOWHERE' }, 'auth_password: the environment has no NOWHERE'],
    [{ auth_password: 'env:EMPTY' }, 'auth_password: the environment has no EMPTY'],
    [{ auth_password: 'env:a b' }, 'auth_password: what follows env: is no name of a variable'],
    [{ auth_password: 'file:' }, 'auth_password: no path follows file:'],
    [{ auth_password: 'file:/dev/zero' }, 'auth_password: /dev/zero is no file'],
    [{ auth_proxy: 'a,,b' }, 'auth_proxy: the list has an empty place'],
    [{ auth_proxy: 'udp:10.0.0.1' }, 'auth_proxy: no next hop: not a number up to 65535: "10.0.0.1"'],
    [{ auth_proxy: '2001:db8::1' }, 'auth_proxy: no next hop: not a number up to 65535: "db8::1"'],
    [{ auth_proxy: 'sip:a?X=1' }, 'auth_proxy: "sip:a?X=1" has headers, which are not sent'],
    [{ transport: 'sctp' }, 'transport: "sctp" is none of udp, tcp, tls, ws, wss'],
    [{ socket: 'sctp:10.0.0.1' }, 'socket: "sctp" is none of udp, tcp, tls, ws, wss'],
    [{ socket: 'udp:10.0.0.1', transport: 'tcp' }, 'socket: is one of udp, and transport is tcp'],
    [{ path: 'maybe' }, 'path: "maybe" is neither 1 nor 0'],
    [{ instance_id: 'me' }, 'instance_id: is no URN such as urn:uuid:…'],
    [{ reg_id: 0 }, 'reg_id: "0" is not a whole number from 1 to 2147483647'],
    [{ q: 1.5 }, 'q: "1.5" is not a number from 0 to 1 with at most 3 decimals'],
    [{ refresh_ratio: 0.01 }, 'refresh_ratio: "0.01" is not a number from 0.1 to 0.95 with at most 6 decimals'],
    [{ extra_headers: 'Via: x' }, 'extra_headers: Via is made by the registration'],
    [{ extra_headers: 'm: x' }, 'extra_headers: m is made by the registration'],
    [{ extra_headers: { 'X A': '1' } }, 'extra_headers: "X A" is no name of a header'],
    [{ extra_headers: { 'X-A': 'b\r\nVia: c' } }, 'extra_headers: the value of X-A has a control character'],
    [{ auth_algs: 'MD5,SHA1' }, 'auth_algs: "SHA1" is none of SHA-512-256, SHA-256, MD5'],
    [{ auth_ha1: 'a'.repeat(32), auth_algs: 'SHA-256' }, 'auth_algs: leaves out MD5, the only one that auth_ha1 can answer'],
    [{ contact_params: 'q=1' }, 'contact_params: q is made from other columns'],
    [{ contact_params: 'a=b;c d' }, 'contact_params: expected ";" in ";a=b;c d"'],
    [{ contact_addr: 'sip:10.0.0.1' }, 'contact_addr: stands without "sip:"'],
    [{ r_username: 2 ** 60 }, 'r_username: a number of so many digits has to stand in quotes; r_username: is missing'],
    [{ display: 'x'.repeat(5000) }, 'display: more than 4096 characters'],
    [{ pasword: 'x' }, 'unknown column "pasword"'],
    [{ relm: 'x' }, 'unknown column "relm" (Did you mean realm?)']
  ])('%j is refused: %s', async (more, problem) => {
    expect(await one(more)).toMatchObject({ account: undefined, problem })
  })

  it.each(
    Object.keys({
      ...base,
      realm: 0,
      auth_username: 0,
      auth_ha1: 0,
      display: 0,
      tag: 0,
      user_agent: 0,
      socket: 0,
      contact_addr: 0
    })
  )('with a line end or another control character in %s is refused by that name', async (column) => {
    expect((await one({ [column]: 'a\r\nX: b' })).problem).toContain(`${column}: a line end`)
    expect((await one({ [column]: 'a\u0000b' })).problem).toContain(`${column}: a control character`)
    expect((await one({ [column]: 'a\u0085b' })).problem).toContain(`${column}: a control character`)
  })

  it('has a HA1 of its algorithm, which wins over the password', async () => {
    const ha1 = async (text: string) => (await one({ auth_ha1: text })).account?.secret
    expect(await ha1('A'.repeat(32))).toEqual({ kind: 'ha1', algorithm: 'MD5', ha1: 'a'.repeat(32) })
    expect(await ha1('b'.repeat(64))).toEqual({ kind: 'ha1', algorithm: 'SHA-256', ha1: 'b'.repeat(64) })
    expect(await ha1(`sha-512-256:${'c'.repeat(64)}`)).toEqual({ kind: 'ha1', algorithm: 'SHA-512-256', ha1: 'c'.repeat(64) })
  })

  it('has its password where it says: in the environment, or in a file beside the accounts', async () => {
    write('of file\nmore\n', 'secret', 0o640)
    write('\u0007\n', 'bell')
    expect((await one({ auth_password: 'env:SECRET' })).account?.secret).toMatchObject({ password: 'of env' })
    const { account, warnings } = await one({ auth_password: 'file:secret' })
    expect(account?.secret).toMatchObject({ password: 'of file' })
    expect(warnings).toEqual([expect.stringMatching(/secret holds a secret and is readable by others/)])
    expect((await one({ auth_password: 'file:bell' })).problem).toMatch(/the first line of .*bell has a control character/)
    expect((await one({ auth_password: 'file:missing' })).problem).toMatch(/cannot read .*missing: ENOENT/)
  })

  it('keeps the blanks of a password, and of nothing else', async () => {
    const { account } = await one({ auth_password: ' p ', realm: ' r ' })
    expect(account).toMatchObject({ secret: { password: ' p ' }, realm: 'r' })
  })

  it('rests or is disabled as it says; other flags are the state of Kamailio', async () => {
    expect((await one({ flags: 1 })).account?.isDisabled).toBe(true)
    expect((await one({ flags: 20 })).account?.isDisabled).toBe(false)
    expect((await one({ enabled: false })).account?.isDisabled).toBe(true)
    expect((await one({ expires: 0 })).account?.expiresS).toBe(0)
  })

  it('logs in with the user as people write it', async () => {
    expect((await one({ r_username: '%23100' })).account).toMatchObject({ username: '%23100', authUsername: '#100' })
  })

  it('has its next hops in their order, with and without scheme', async () => {
    const { account } = await one({
      auth_proxy: 'pbx:5070, SIPS:edge.example.org;transport=TCP ,<sip:10.0.0.1;lr>',
      proxy2: '[::1]'
    })
    expect(account?.proxies).toEqual(['sip:pbx:5070', 'SIPS:edge.example.org;transport=TCP', 'sip:10.0.0.1;lr', 'sip:[::1]'])
  })
})
