// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Asterisk
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addTrunks,
  addUsers,
  makeMissingSecrets,
  readUsers,
  removeTrunk,
  removeUser
} from '../../../../src/lib/site/change-site.js'
import { typedEntry } from '../../../../src/lib/site/new-entry.js'
import { SiteError } from '../../../../src/lib/site/problem.js'
import { editSite, SiteChangedError } from '../../../../src/lib/site/site-file.js'
import { scratchFile, scratchFolder } from '../../support/scratch.js'
import { read } from './support/site-sources.js'

const options = { timeoutMs: 2_000 }
const modeOf = (file: string) => fs.statSync(file).mode & 0o777

const texts = {
  'x.ini': `; head: keep me
[site] ; here too
domain=pbx.example.com
country_code =46\t; Sweden

;-- a block
comment --;
[trunk:itsp]
hosts = 192.0.2.10
register = no

; bo
[user:bo]
  number   =>  +46701234568
secret = correct-horse-8 ; on paper
`,
  'x.yaml': `# head: keep me
site:
  domain: pbx.example.com # here too
  country_code: 46
trunks:
  itsp: { hosts: 192.0.2.10, register: no }

users:
  # bo
  bo:
    number: +46701234568
    secret: correct-horse-8 # on paper
`,
  'x.json': `{
    "site": { "domain": "pbx.example.com", "country_code": 46 },
    "trunks": [{ "name": "itsp", "hosts": "192.0.2.10", "register": false }],
    "users": { "bo": { "number": "+46701234568", "secret": "correct-horse-8" } }
}
`
}
const kinds = Object.entries(texts)
const anna = () => typedEntry('anna', { number: '+46701234567', display: 'Anna, hemma', codecs: 'alaw ulaw' })

describe.each(kinds)('a user of %s', (name, text) => {
  it('is added with a secret of its own, and read back', async () => {
    const file = scratchFile(name, text)
    const [added] = await addUsers(file, [anna()], options)
    expect(added).toMatchObject({ name: 'anna', madeSecret: expect.stringMatching(/^\w{32}$/) })
    const { users } = (await read({ file })).site
    expect(users).toMatchObject([
      { name: 'anna', display: 'Anna, hemma', codecs: ['alaw', 'ulaw'], secret: added!.madeSecret },
      { name: 'bo', secret: 'correct-horse-8' }
    ])
    expect(modeOf(file)).toBe(0o600)
    expect(fs.readdirSync(path.dirname(file))).toEqual([name])
  })

  it('is removed, and comes and goes without a trace', async () => {
    const file = scratchFile(name, text)
    expect(await removeUser(file, 'nobody', options)).toBe(false)
    expect(fs.readFileSync(file, 'utf8')).toBe(text)
    await addUsers(file, [anna()], options)
    const once = fs.readFileSync(file, 'utf8')
    expect(await removeUser(file, 'anna', options)).toBe(true)
    await addUsers(
      file,
      [
        typedEntry('anna', {
          number: '+46701234567',
          display: 'Anna, hemma',
          codecs: 'alaw ulaw',
          secret: /\w{32}/.exec(once)![0]
        })
      ],
      options
    )
    expect(fs.readFileSync(file, 'utf8')).toBe(once)
    await removeUser(file, 'bo', options)
    expect((await read({ file })).site.users.map((user) => user.name)).toEqual(['anna'])
  })

  it('with mistakes is refused, all of them are told, and the file stays', async () => {
    const file = scratchFile(name, text)
    const wrong = addUsers(
      file,
      [typedEntry('bo', { number: '0702' }), typedEntry('eve', { number: '+46701234568', trunk: 'x' })],
      options
    )
    const error = await wrong.catch((one) => one)
    expect(error).toBeInstanceOf(SiteError)
    expect(error.problems.map(({ code }: { code: string }) => code).sort()).toEqual([
      'not-unique',
      'not-unique',
      'reference',
      'value'
    ])
    expect(error.message).toContain('command line: user bo: number "0702"')
    expect(fs.readFileSync(file, 'utf8')).toBe(text)
  })

  it('gets the secret that was forgotten', async () => {
    const file = scratchFile(
      name,
      text.replace(/^.*correct-horse-8.*$/m, (line) =>
        name.endsWith('json') ? line.replace(', "secret": "correct-horse-8"', '') : ''
      )
    )
    const made = await makeMissingSecrets(file, options)
    expect(made).toEqual([{ name: 'bo', madeSecret: expect.stringMatching(/^\w{32}$/) }])
    expect((await read({ file })).site.users[0]!.secret).toBe(made[0]!.madeSecret)
    expect(await makeMissingSecrets(file, options)).toEqual([])
  })
})

describe('a site file that is edited', () => {
  it('keeps every byte of ini that is not the change', async () => {
    const text = texts['x.ini'].replaceAll('\n', '\r\n')
    const file = scratchFile('x.ini', text)
    await addUsers(file, [typedEntry('anna', { number: '+46701234567', secret: 'correct-horse-9' })], options)
    expect(fs.readFileSync(file, 'utf8')).toBe(`${text}\r\n[user:anna]\r\nnumber = +46701234567\r\nsecret = correct-horse-9\r\n`)
  })

  it('keeps the comments of YAML', async () => {
    const file = scratchFile('x.yaml', texts['x.yaml'])
    await addTrunks(file, [typedEntry('second', { hosts: '192.0.2.11', register: 'no' })], options)
    const after = fs.readFileSync(file, 'utf8')
    for (const comment of ['# head: keep me', '# here too', '# bo', '# on paper']) expect(after).toContain(comment)
    expect((await read({ file })).site.trunks.map(({ name }) => name)).toEqual(['itsp', 'second'])
  })

  it('does not lose the trunk that users name, and says whose only one it was', async () => {
    const file = scratchFile('x.ini', texts['x.ini'])
    expect(await removeTrunk(file, 'itsp', options)).toEqual({ isRemoved: true, users: ['bo'] })
    const named = scratchFile('x.ini', `${texts['x.ini']}trunk = itsp\n`)
    await expect(removeTrunk(named, 'itsp', options)).rejects.toThrow('user bo: trunk "itsp" is no trunk of this site')
  })

  it('may have other mistakes, which stay as they are', async () => {
    const file = scratchFile('x.ini', `${texts['x.ini']}[user:later]\n`)
    await addUsers(file, [anna()], options)
    expect(fs.readFileSync(file, 'utf8')).toContain('[user:anna]')
  })

  it('is not written when it is understood only in part', async () => {
    for (const [name, text] of [
      ['x.ini', '[site\n'],
      ['x.yaml', 'a: b: c\n'],
      ['x.json', '{,}']
    ] as const) {
      const file = scratchFile(name, text)
      await expect(addUsers(file, [anna()], options)).rejects.toBeInstanceOf(SiteError)
      expect(fs.readFileSync(file, 'utf8')).toBe(text)
    }
  })

  it('keeps a mode that is stricter, and a link a link', async () => {
    const file = scratchFile('x.ini', texts['x.ini'], 0o400)
    await addUsers(file, [anna()], options)
    expect(modeOf(file)).toBe(0o400)
    const wide = scratchFile('x.ini', texts['x.ini'], 0o664)
    const link = path.join(scratchFolder(), 'link.ini')
    fs.symlinkSync(wide, link)
    await addUsers(link, [anna()], options)
    expect([modeOf(wide), fs.lstatSync(link).isSymbolicLink()]).toEqual([0o600, true])
  })

  it('is not overwritten when somebody else has changed it meanwhile', async () => {
    const file = scratchFile('x.ini', texts['x.ini'])
    const edit = editSite(file, options, (editor) => {
      fs.appendFileSync(file, '; by hand\n')
      editor.remove('user', 'bo')
    })
    await expect(edit).rejects.toBeInstanceOf(SiteChangedError)
    expect(fs.readFileSync(file, 'utf8')).toBe(`${texts['x.ini']}; by hand\n`)
    expect(fs.readdirSync(path.dirname(file))).toEqual(['x.ini'])
  })

  it('takes an empty secret of a table for none', async () => {
    const file = scratchFile('x.ini', texts['x.ini'])
    const users = scratchFile('staff.ndjson', '{"name":"anna","number":"+46701234567","secret":"","codecs":["","opus","ulaw"]}\n')
    const [added] = await addUsers(file, await readUsers(users, options), options)
    const [anna] = (await read({ file })).site.users
    expect(anna).toMatchObject({ name: 'anna', secret: added!.madeSecret, codecs: ['opus', 'ulaw'] })
  })

  it('takes edits at the same time one after the other, and none is lost', async () => {
    const file = scratchFile('x.ini', texts['x.ini'])
    const names = Array.from({ length: 12 }, (_, index) => `u${index}`)
    await Promise.all(
      names.map((name, index) => addUsers(file, [typedEntry(name, { number: `+4670123500${index}` })], { timeoutMs: 15_000 }))
    )
    expect((await read({ file })).site.users.map(({ name }) => name)).toEqual(['bo', ...names].sort())
  })

  it('waits for a lock that is held, not for one whose owner died', async () => {
    const file = scratchFile('x.ini', texts['x.ini'])
    const lock = path.join(path.dirname(file), '.x.ini.lock')
    fs.writeFileSync(lock, `${process.pid}\n`)
    await expect(addUsers(file, [anna()], { timeoutMs: 50 })).rejects.toMatchObject({ code: 'E_SITE_CHANGED', exit: 75 })
    // Above the largest process id of Linux.
    fs.writeFileSync(lock, '4194305\n')
    await addUsers(file, [anna()], options)
    expect(fs.existsSync(lock)).toBe(false)
    // Another process of our number, in a container that was started again.
    fs.writeFileSync(lock, `${process.pid} 1\n`)
    await removeUser(file, 'anna', { timeoutMs: 50 })
    expect(fs.existsSync(lock)).toBe(false)
  })

  it('waits for a lock that is being signed, not for one that never was', async () => {
    const file = scratchFile('x.ini', texts['x.ini'])
    const lock = path.join(path.dirname(file), '.x.ini.lock')
    fs.writeFileSync(lock, '')
    await expect(addUsers(file, [anna()], { timeoutMs: 50 })).rejects.toMatchObject({ code: 'E_SITE_CHANGED' })
    const longAgo = Date.now() / 1000 - 60
    fs.utimesSync(lock, longAgo, longAgo)
    await addUsers(file, [anna()], options)
    expect(fs.existsSync(lock)).toBe(false)
  })
})

describe('what can be a value', () => {
  const printable = (...without: string[]) =>
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter(
        (text) =>
          /^[^\p{C}\p{Z}]([^\p{C}\u2028\u2029]*[^\p{C}\p{Z}])?$/u.test(text) &&
          !text.includes('\ufffd') &&
          !without.some((one) => text.includes(one))
      )
  const user = fc.record({
    display: printable('"', '<', '>', '\\', ';', '${', '$['),
    secret: fc
      .string({ unit: fc.constantFrom(...'abcXYZ019,&|"\'[](){}=#!%\\ '.trim()), minLength: 12, maxLength: 60 })
      .filter((text) => new Set(text).size > 3),
    digits: fc.integer({ min: 1_000_000, max: 999_999_999 })
  })
  const provided = fc
    .string({ unit: fc.constantFrom(...'ab;\\>=#["${}-, '), minLength: 1, maxLength: 40 })
    .filter((text) => text.trim() === text)

  it.each(kinds)(
    'survives %s, an edit, and the reading',
    async (name, text) => {
      await fc.assert(
        fc.asyncProperty(user, provided, async ({ display, secret, digits }, secretOfTrunk) => {
          const file = scratchFile(name, text)
          await addTrunks(file, [typedEntry('t', { hosts: '192.0.2.1', username: 'u', secret: secretOfTrunk })], options)
          const entry = typedEntry('gen', { number: `+4${digits}`, display, secret, trunk: 't' })
          await addUsers(file, [entry], options)
          await removeUser(file, 'bo', options)
          const { site } = await read({ file })
          expect(site.users).toMatchObject([{ name: 'gen', number: `+4${digits}`, display, secret }])
          expect(site.trunks.find((one) => one.name === 't')!.secret).toBe(secretOfTrunk)
          fs.rmSync(file)
        }),
        { numRuns: 40 }
      )
    },
    120_000
  )
})
