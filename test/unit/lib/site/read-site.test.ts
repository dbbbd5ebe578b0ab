import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../../src/lib/errors.js'
import { SiteError } from '../../../../src/lib/site/problem.js'
import { readSite } from '../../../../src/lib/site/read-site.js'
import { openStore } from '../../../../src/lib/store/open-store.js'
import { sql } from '../../../../src/lib/store/sql.js'
import { scratchFile, scratchFolder } from '../../support/scratch.js'
import { errorsOf, read } from './support/site-sources.js'

const head = '[site]\ndomain = pbx.example.com\ncountry_code = 46\n'
const trunk = '[trunk:itsp:mydoe]\nhosts = 192.0.2.10\nregister = no\n'
const ini = (text: string) => ({ file: scratchFile('privatedial.ini', text) })
const places = async (input: { file: string; users?: string[] }) =>
  (await errorsOf(input)).map(({ line, message }) => `${line}: ${message}`)

describe('the defaults of a site', () => {
  it('are those of the reference, and nothing that is not said is turned on', async () => {
    const { site, warnings } = await read(ini(head))
    expect(warnings).toEqual([])
    expect(site).toMatchObject({
      site: { nationalPrefix: '0', internationalPrefix: '00', userAgent: 'PrivateDial', emergency: ['112'] },
      dial: { timeoutS: 30, minDigits: 8 },
      transport: { udp: { bind: '0.0.0.0', port: 5060 }, tcp: { port: 5060 }, tls: { port: 5061, method: 'tlsv1_2' } },
      nat: { externalAddress: undefined, localNet: [] },
      media: { codecs: ['opus', 'g722', 'ulaw', 'alaw', 'h264', 'vp8'], encryption: 'sdes-optional' },
      rtp: { isRendered: false, start: 10_000, end: 10_099 },
      voicemail: { isEnabled: false, from: 'voicemail-noreply@pbx.example.com', mailCommand: undefined },
      smtp: { host: undefined },
      sms: { app: undefined, profiles: [] },
      ivr: { isEnabled: false, maxRounds: 3, allowDial: false },
      output: { form: 'plain' },
      users: [],
      trunks: []
    })
  })

  it('of users depend on the trunks: the first one is theirs, and without any they call one another', async () => {
    const user = '[user:anna]\nnumber = +46701234567\nsecret = correct-horse-9\n'
    expect((await read(ini(head + user))).site.users[0]).toMatchObject({ access: 'in', trunk: undefined, display: 'anna' })
    expect((await read(ini(head + trunk + user))).site.users[0]).toMatchObject({ access: 'inout', trunk: 'itsp:mydoe' })
    const second = '[trunk:b]\nhosts = 192.0.2.11\nregister = no\n'
    expect((await read(ini(head + trunk + second + user))).site.users[0]!.trunk).toBe('itsp:mydoe')
    expect(await places(ini(`${head}${user}access = inout\n`))).toEqual(['4: user anna: trunk is missing'])
  })

  it('of a trunk: it calls the number of the first user who was written with it', async () => {
    const user = (name: string, number: number) =>
      `[user:${name}]\nnumber = +4670123456${number}\nsecret = correct-horse-${number}\n`
    const { site } = await read(ini(head + trunk + user('zoe', 1) + user('anna', 2)))
    expect(site.trunks[0]!.contactUser).toBe('+46701234561')
    expect(site.users.map(({ name }) => name)).toEqual(['anna', 'zoe'])
  })
})

describe('a site file', () => {
  it('with a list of nothing but commas is told of it, whether the list is needed or not', async () => {
    expect(await places(ini(`${head}[trunk:a]\nhosts = ,\nregister = no\n`))).toEqual([
      '5: trunk a: hosts has nothing between its commas'
    ])
    expect(await places(ini(`${head}[nat]\nexternal_address = 192.0.2.1\nlocal_net = , ,\n`))).toEqual([
      '6: nat.local_net has nothing between its commas'
    ])
  })

  it.each([
    ['json', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['yaml', '['.repeat(50_000)],
    ['yaml', '- '.repeat(50_000)],
    ['yaml', `a:\n${Array.from({ length: 5_000 }, (_, index) => `${' '.repeat(index + 1)}a:`).join('\n')}`]
  ])('in %s that is nested without end is refused, and the program lives', async (end, text) => {
    const found = await errorsOf({ file: scratchFile(`x.${end}`, text) })
    expect(found.map(({ message }) => message)).toContain('This is nested too deeply')
  })

  it('with many mistakes tells all of them, with their lines', async () => {
    const text = `stray = 1
[site]
domian = pbx.example.com
country_code = 046
country_code = 46
[sit]
[user:john.doe]
number = 0702
secret = pa;ssword-and-more
trunk = nope
[user:jane](!)
#include x.conf
[site]
no equals
[unclosed
`
    expect(await places(ini(text))).toEqual([
      '1: stray stands before any section',
      '2: site.domain is missing',
      '3: There is no site.domian',
      '5: site.country_code is given twice, first in line 4',
      '6: There is no section "sit"',
      '8: user john.doe: number "0702" is no number in international form',
      '9: A ; directly behind the value of secret begins a comment',
      '9: user john.doe: secret has fewer than 12 characters',
      '10: user john.doe: trunk "nope" is no trunk of this site',
      '11: There is something behind [user:jane]',
      '11: user jane: number is missing',
      '11: user jane: secret is missing',
      '12: A site has no #include',
      '13: Section site is there already, in line 2',
      '14: No = in this line',
      '15: No closing ] of a section name'
    ])
  })

  it('is no site when a line was cut, a comment never ends, or bytes are no text', async () => {
    expect(await places(ini(`${head}[dial]\ntimeout = 30 ${' '.repeat(8_200)};\n`))).toEqual([
      expect.stringMatching(/^5: The line is longer than 8190/)
    ])
    expect(await places(ini(`${head};-- open\n[dial]\n`))).toEqual([expect.stringMatching(/^4: .*never ends/)])
    const bytes = (text: string) => ({ file: scratchFile('x.ini', Buffer.from(text, 'latin1')) })
    expect(await places(bytes(`${head}[dial] \xe4\n`))).toContainEqual('4: The line is not UTF-8')
    expect(await places(bytes(`${head}[dial]\ntimeout = 3\x000\n`))).toContainEqual('5: The line has a control character')
  })

  it('keeps secrets out of what it says', async () => {
    const secret = 'very;secret'
    const error = await readSite({
      file: ini(`${head}[user:a]\nnumber = +46701234567\nsecret = very\\;secret\n`).file,
      timeoutMs: 1
    }).catch((e) => e)
    expect(error).toBeInstanceOf(SiteError)
    expect(JSON.stringify([error.message, error.details])).not.toContain(secret)
    const json = scratchFile('x.json', '{"users": {"a": {"secret": "hidden-text"}},}')
    const failed = await readSite({ file: json, timeoutMs: 1 }).catch((e) => e)
    expect(failed.problems).toMatchObject([{ code: 'syntax', message: expect.stringContaining('no JSON') }])
    expect(failed.message).not.toContain('hidden')
  })

  it("takes upstream's spelling of the country code, and refuses two that differ", async () => {
    const spelled = '[site]\ndomain = a.example\nCONTRY_CODE = 46\n'
    expect((await read(ini(spelled))).site.site.countryCode).toBe('46')
    expect(await places(ini(`${spelled}country_code = 47\n`))).toEqual(['3: site.contry_code is another one than country_code'])
  })

  it('keeps dots, colons and escaped semicolons of names and values', async () => {
    const text = `${head}[trunk:itsp:my.doe] ; comment\nhosts = 192.0.2.1\nusername = a\nsecret = a\\;b ; the rest\n`
    const { site } = await read(ini(text))
    expect(site.trunks[0]).toMatchObject({ name: 'itsp:my.doe', secret: 'a;b', source: { line: 4 } })
  })

  it.each([
    ['[nat]\nexternal_address = sip.example.com\n', '5: nat.external_address needs a local_net'],
    ['[transport]\ntls.port = 5060\n', '5: transport.tls.port is the port of tcp, 5060'],
    ['[rtp]\nstart = 5058\n', '5: rtp.start and end have the port of udp, 5060, between them'],
    [
      '[transport]\nudp.enabled = no\ntcp.enabled = no\ntls.enabled = no\n',
      '5: transport.udp.enabled and the others are no: there is no way for a phone to come in'
    ],
    ['[voicemail]\nenabled = yes\n', '5: voicemail.enabled needs a way for mail'],
    ['[smtp]\nhost = mx\nuser = john\n', '6: smtp.user needs password_file, a file whose first line is the password'],
    ['[sms]\nprofiles = a\n', '5: sms.profiles needs app, the program that sends'],
    ['[ivr]\nkey.12 = echo\n', '5: ivr.key.12 is no key of a telephone'],
    ['[trunk:a]\nhosts = 192.0.2.1\n', '4: trunk a: username is missing'],
    ['[trunk:a]\nhosts = 192.0.2.1\nusername = u\n', '4: trunk a: secret is missing'],
    [
      '[transport]\ntcp.enabled = no\n[trunk:a]\nhosts = 192.0.2.1\nregister = no\ntransport = tcp\n',
      '9: trunk a: transport tcp is off in section transport'
    ],
    [
      '[user:a]\nnumber = +46701234567\nsecret = correct-horse-9\nsms = yes\n',
      '7: user a: sms needs app in section sms, the program that sends'
    ]
  ])('%j cannot be', async (text, problem) => {
    expect(await places(ini(head + text))).toContainEqual(problem)
  })

  it('has no number, and no name of users and trunks, twice', async () => {
    const user = '[user:itsp:mydoe]\nnumber = +46701234567\nsecret = correct-horse-9\n'
    const a = '[user:a]\nnumber = +46701234567\nsecret = correct-horse-9\n'
    expect(await places(ini(head + trunk + user))).toEqual([expect.stringMatching(/^7: The name of a user .* is no name/)])
    expect(await places(ini(head + a + a))).toContainEqual(expect.stringMatching(/^7: The name a is there already/))
    expect(await places(ini(head + a + a.replace(':a', ':b')))).toContainEqual(
      expect.stringMatching(/^8: user b: number .* is that of a as well/)
    )
    expect(await places(ini(head + trunk.replace('itsp:mydoe', 'a') + a))).toContainEqual(
      expect.stringMatching(/^7: The name a is there already/)
    )
  })

  it('warns of a trunk that is known by name only, and of a port without match', async () => {
    const warningsOf = async (text: string) =>
      (await read(ini(`${head}[trunk:a]\nregister = no\n${text}`))).warnings.map(({ code, line }) => [code, line])
    expect(await warningsOf('hosts = sip.example.com\n')).toEqual([['trunk-by-name', 6]])
    expect(await warningsOf('hosts = 192.0.2.1:5070\n')).toEqual([['port-without-match', 6]])
    expect(await warningsOf('hosts = sip.example.com:5070\nmatch = 192.0.2.0/24\n')).toEqual([])
    expect(await warningsOf('hosts = 2001:db8::1\n')).toEqual([])
  })

  it('takes calls of a trunk from its hosts, from any port, unless match says more', async () => {
    const { trunks } = (
      await read(ini(`${head}[trunk:a]\nregister = no\nhosts = sip.a.example:5070, 192.0.2.1, [2001:db8::1]:5071\n`))
    ).site
    expect(trunks[0]!.match).toEqual(['sip.a.example', '192.0.2.1', '2001:db8::1'])
  })

  it('is told as missing, with what makes one', async () => {
    await expect(readSite({ file: '/nowhere/privatedial.ini', timeoutMs: 1 })).rejects.toMatchObject({
      code: 'E_CONFIG',
      hint: expect.stringContaining('dialplan init')
    })
  })

  it('warns when others may read it', async () => {
    const { warnings } = await read({ file: scratchFile('x.ini', head, 0o644) })
    expect(warnings).toMatchObject([{ code: 'secret', message: expect.stringContaining('0644') }])
  })
})

describe('a secret in a file', () => {
  const withFile = (content: string) => {
    const secret = scratchFile('anna.secret', content)
    return { secret, ...ini(`${head}[user:anna]\nnumber = +46701234567\nsecret_file = ${secret}\n`) }
  }

  it('is its first line, and has the same rules', async () => {
    expect((await read(withFile('correct-horse-9\r\nrest\n'))).site.users[0]!.secret).toBe('correct-horse-9')
    expect(await places(withFile('short\n'))).toEqual([
      expect.stringMatching(/^6: user anna: secret_file .* has a secret that has fewer/)
    ])
    expect(await places(withFile('\n'))).toEqual([expect.stringMatching(/empty first line/)])
  })

  it('may be beside the site file, but not beside standard input', async () => {
    const folder = path.dirname(scratchFile('anna.secret', 'correct-horse-9\n'))
    const text = `${head}[user:anna]\nnumber = +46701234567\nsecret_file = anna.secret\n`
    const { writeFileSync } = await import('node:fs')
    writeFileSync(path.join(folder, 'x.ini'), text, { mode: 0o600 })
    expect((await read({ file: path.join(folder, 'x.ini') })).site.users).toHaveLength(1)
    const piped = readSite({ file: '-', timeoutMs: 1, readStdin: async () => Buffer.from(text) })
    await expect(piped).rejects.toThrow('-:6: user anna: secret_file "anna.secret" is no absolute path')
  })
})

describe('YAML', () => {
  const yaml = (text: string) => ({ file: scratchFile('site.yaml', text) })

  it('keeps numbers as they were written, and knows lists and nested names', async () => {
    const text = `site: {domain: pbx.example.com, country_code: 46}
transport: {tls: {port: 5561}}
ivr: {key: {7: echo}}
media: {codecs: [alaw, ulaw]}
trunks:
  - {name: a, hosts: [192.0.2.1, 192.0.2.2], register: no}
users:
  - name: anna
    number: +46701234567
    secret: correct-horse-9
    email: ~
"user:bo":
  number: +46701234568
  secret: correct-horse-8
`
    const { site } = await read(yaml(text))
    expect(site.users).toMatchObject([
      { name: 'anna', number: '+46701234567', source: { line: 8 } },
      { name: 'bo', source: { line: 12 } }
    ])
    expect(site.trunks[0]!.hosts).toEqual(['192.0.2.1', '192.0.2.2'])
    expect(site).toMatchObject({ transport: { tls: { port: 5561 } }, media: { codecs: ['alaw', 'ulaw'] } })
    expect(site.ivr.keys.get('7')).toBe('echo')
  })

  it('tells its own mistakes with their lines', async () => {
    expect(await places(yaml('site:\n  domain: a.example\n  domain: b.example\n  country_code: 46\n'))).toEqual([
      expect.stringMatching(/^3: Map keys must be unique/)
    ])
    expect(await places(yaml('site:\n  domain: [a.example, b.example]\n  country_code: !!int 46\nusres: {}\n'))).toEqual([
      '2: site.domain is given twice, first in line 2',
      expect.stringMatching(/^3: Unresolved tag/),
      expect.stringMatching(/^3: country_code has a tag/),
      '4: There is no section "usres"'
    ])
    expect(await places(yaml('- a\n'))).toContainEqual('1: A site is no mapping of names to values')
    expect(await places(yaml('site: {domain: {a: {b: {c: {d: {e: f}}}}}}\n'))).toContainEqual(
      expect.stringContaining('more inside than it can')
    )
  })

  it('does not grow by aliases without end', async () => {
    const text = `site: {domain: a.example, country_code: 46, emergency: &e ["112"]}\nusers: [${'*e,'.repeat(2_000)}]\n`
    expect(await places(yaml(text))).toContainEqual(expect.stringContaining('more than 1000 aliases'))
  })
})

describe('users from elsewhere', () => {
  const site = () => ini(head).file

  it('come from CSV of any separator, with a byte order mark and CRLF, and have the lines of the file', async () => {
    for (const [separator, ending] of [
      [',', '\r\n'],
      [';', '\n'],
      ['\t', '\n']
    ] as const) {
      const rows = [
        ['Name', 'Number', 'Secret', 'display'],
        ['anna', '+46701234567', 'correct-horse-9', 'Anna'],
        [],
        ['bo', '+46701234568', 'correct-horse-8', '']
      ]
      const text = `\ufeff${rows.map((row) => row.join(separator)).join(ending)}${ending}`
      const { users } = (await read({ file: site(), users: [scratchFile('x.csv', text)] })).site
      expect(users.map(({ name, display, source: { line } }) => [name, display, line])).toEqual([
        ['anna', 'Anna', 2],
        ['bo', 'bo', 4]
      ])
    }
  })

  it('of CSV with mistakes are told by line', async () => {
    const csv = (text: string) => places({ file: site(), users: [scratchFile('x.csv', text)] })
    expect(await csv('name,nmber\nanna,+46701234567\n')).toEqual([
      '1: A user has no "nmber"',
      '2: user anna: number is missing',
      '2: user anna: secret is missing'
    ])
    expect(await csv('number\n+46701234567\n')).toEqual(['1: There is no column name'])
    expect(await csv('name,number,secret\nanna,+46701234567,correct-horse-9,x\n')).toEqual([
      '2: This line has 4 values for 3 columns'
    ])
    expect(await csv('name,number,secret\na,+46701234567,"correct\nhorse-9"\nb,x,correct-horse-8\n')).toEqual([
      '2: user a: secret has a line break or another control character',
      '4: user b: number "x" is no number in international form'
    ])
    expect(await csv('name,number\n"anna,+46701234567\n')).toEqual([expect.stringMatching(/This is no CSV/)])
  })

  it('come from NDJSON on standard input, and bad lines are told', async () => {
    const people = '{"name":"anna","number":"+46701234567","secret":"correct-horse-9","max_contacts":2}\n\n{"name":"bo"\n[1]\n'
    const input = { file: site(), users: ['-'], timeoutMs: 1, readStdin: async () => Buffer.from(people) }
    await expect(readSite(input)).rejects.toThrow('-:3: This line is no JSON\n-:4: This line is no JSON object of a user')
    const good = { ...input, readStdin: async () => Buffer.from(people.split('\n')[0]!) }
    expect((await readSite(good)).site.users[0]).toMatchObject({ maxContacts: 2, source: { file: '-', line: 1 } })
    await expect(readSite({ ...input, trunks: ['-'] })).rejects.toBeInstanceOf(UsageError)
  })

  it('come from a table of a database, whose other columns are left alone', async () => {
    const file = path.join(scratchFolder(), 'people.db')
    const store = await openStore(`sqlite:${file}`, { timeoutMs: 5_000 })
    await sql`CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, number TEXT, secret TEXT, max_contacts INTEGER, created TEXT)`.execute(
      store.db
    )
    await sql`INSERT INTO staff VALUES (1, 'zoe', '+46701234568', 'correct-horse-8', 3, 'x'), (2, 'anna', '+46701234567', 'correct-horse-9', NULL, 'y')`.execute(
      store.db
    )
    await store.close()
    const { users } = (await read({ file: site(), users: [`sqlite:${file}#staff`] })).site
    expect(users).toMatchObject([
      { name: 'anna', maxContacts: 10, source: { file: `sqlite:${file}#staff`, line: 1 } },
      { name: 'zoe', maxContacts: 3, source: { line: 2 } }
    ])
    await expect(read({ file: site(), users: [`sqlite:${file}#nobody`] })).rejects.toMatchObject({
      message: expect.stringContaining('nobody')
    })
  })
})
