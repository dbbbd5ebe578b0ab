import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MemoryFiles } from '../../../../src/lib/asterisk-config/files.js'
import { loadConfigStrictly } from '../../../../src/lib/asterisk-config/load.js'
import { readDialplan } from '../../../../src/lib/dialplan/read-dialplan.js'
import { DataError } from '../../../../src/lib/errors.js'
import { checkSize, renderSite } from '../../../../src/lib/privatedial/render-site.js'
import { originOf } from '../../../../src/lib/privatedial/rendered-file.js'
import type { IvrAction, Site } from '../../../../src/lib/site/site.js'
import { makeSite, makeTrunk, makeUser } from '../../support/sites.js'

const forms = ['plain', 'wizard'] as const

function textsOf(site: Site): Record<string, string> {
  return Object.fromEntries(renderSite(site).map(({ name, text }) => [name, text]))
}

function sectionsOf(site: Site, file: string) {
  return loadConfigStrictly(file, new MemoryFiles(textsOf(site))).sections.filter(({ isTemplate }) => !isTemplate)
}

const lastValue = (settings: readonly { name: string; value: string }[], name: string) =>
  settings.findLast((one) => one.name === name)?.value

describe.each(forms)('a site rendered as %s', (form) => {
  const site = makeSite({ output: { form } })

  it.each([
    [60, '60'],
    [0, '0'],
    [300, '300']
  ])('asks a provider every %d s whether it is there', (qualify, written) => {
    const one = { ...site, trunks: [makeTrunk('itsp', { qualify })] }
    const of = form === 'plain' ? sectionsOf(one, 'pjsip.conf') : sectionsOf(one, 'pjsip_wizard.conf')
    const [type, option] = form === 'plain' ? ['aor', 'qualify_frequency'] : ['wizard', 'aor/qualify_frequency']
    const aor = of.find(({ name, settings }) => name === 'itsp' && lastValue(settings, 'type') === type)!
    expect(lastValue(aor.settings, option)).toBe(written)
  })

  it('is the files of PrivateDial, each loaded without a problem', () => {
    const texts = textsOf(site)
    expect(Object.keys(texts)).toEqual(
      expect.arrayContaining([
        ...['extensions.conf', 'extensions_local.conf', 'minivm.conf', 'pjsip.conf'],
        ...['pjsip_transport.conf', 'pjsip_wizard.conf', 'pjsip_endpoint.conf', 'msmtprc']
      ])
    )
    for (const name of ['extensions.conf', 'pjsip.conf', 'pjsip_wizard.conf', 'minivm.conf'])
      expect(loadConfigStrictly(name, new MemoryFiles(texts)).problems).toEqual([])
    expect(readDialplan(loadConfigStrictly('extensions.conf', new MemoryFiles(texts))).problems).toEqual([])
  })

  it('has the documented contexts and subroutines, and entries of includes only', () => {
    const { contexts } = readDialplan(loadConfigStrictly('extensions.conf', new MemoryFiles(textsOf(site))))
    const names = 'lookup call_inout call_in text_inout text_in answer hangup ivr_recgreet'.split(' ').map((name) => `dp_${name}`)
    const subs = 'dial_term dial_trunk voicemail rewrite_from decode_body text_term text_trunk'
      .split(' ')
      .map((name) => `sub_${name}`)
    const entries = 'call_inout call_in text_inout text_in answer'.split(' ').map((name) => `dp_entry_${name}`)
    expect([...contexts.keys()]).toEqual(expect.arrayContaining([...names, ...subs, ...entries]))
    for (const name of entries) expect(contexts.get(name)!.extensions).toEqual([])
  })

  it('looks at what was dialled before it is used, wherever a pattern takes any character', () => {
    const { contexts } = readDialplan(loadConfigStrictly('extensions.conf', new MemoryFiles(textsOf(site))))
    const open = [...contexts.values()].flatMap(({ name, patterns }) =>
      patterns.filter((one) => one.name.endsWith('.') && name !== 'dp_hangup').map((one) => [name, one] as const)
    )
    expect(open.length).toBeGreaterThan(8)
    for (const [name, { priorities }] of open) {
      const first = priorities.find(({ number }) => number === 1)!
      expect({ name, ...first }).toMatchObject({ application: 'GotoIf', data: expect.stringContaining('FILTER(0-9+*#,') })
    }
  })

  it('is the same bytes for the same site, and only what depends on a change is other bytes', () => {
    expect(renderSite(makeSite({ output: { form } }))).toEqual(renderSite(site))
    const changed = textsOf({ ...site, users: site.users.map((one) => ({ ...one, secret: 'another-secret' })) })
    const before = textsOf(site)
    expect(Object.keys(before).filter((name) => before[name] !== changed[name])).toEqual(['pjsip_endpoint.conf'])
  })

  it('marks each file, so that an edit is seen', () => {
    for (const { name, text } of renderSite(site)) {
      expect({ name, origin: originOf(text) }).toEqual({ name, origin: 'rendered' })
      expect(originOf(`${text};`)).toBe('edited')
      expect(originOf(text.slice(text.indexOf('\n') + 1))).toBe('foreign')
    }
  })

  it('has secrets only in files that nobody else may read', () => {
    const secrets = [...site.users.map(({ secret }) => secret), site.smtp.passwordFile!]
    for (const { name, text, mode } of renderSite(site)) {
      if (secrets.some((secret) => text.includes(secret))) expect({ name, mode }).toEqual({ name, mode: 0o600 })
    }
    expect(
      renderSite(site)
        .filter(({ mode }) => mode === 0o600)
        .map(({ name }) => name)
        .sort()
    ).toEqual(['msmtprc', 'pjsip_endpoint.conf'])
  })

  it('never has what upstream was hurt by: minmessage, a port that callers must have, a file that may be missing', () => {
    const texts = textsOf(
      makeSite({
        output: { form },
        trunks: [
          makeTrunk('itsp', { hosts: ['192.0.2.1:5080'], match: ['192.0.2.1:5080', '[2001:db8::1]:5060', '198.51.100.0/24'] })
        ]
      })
    )
    expect(texts['minivm.conf']).not.toContain('minmessage')
    expect(texts['pjsip_endpoint.conf']!.match(/^\S*match = .*$/gm)!.map((line) => line.split(' = ')[1])).toEqual([
      '192.0.2.1',
      '2001:db8::1',
      '198.51.100.0/24'
    ])
    for (const text of Object.values(texts))
      for (const line of text.match(/^#tryinclude .*$/gm) ?? []) expect(line).toContain('_custom.conf')
  })

  it('reads back every secret and name as it was given', () => {
    const secret = fc
      .string({ unit: fc.constantFrom(...'abcXYZ019;#[]=>(){}$,&|"\'\\!+ é'), minLength: 12, maxLength: 40 })
      .filter((one) => one.trim() === one && !/\\;/.test(one))
    const display = fc
      .string({ unit: fc.constantFrom(..."abcÅÖ ;=#.'()"), minLength: 1, maxLength: 30 })
      .filter((one) => one.trim() === one)
    fc.assert(
      fc.property(secret, display, (given, name) => {
        const changed = { ...site, users: [makeUser('zed', '+46812340077', { secret: given, display: name })] }
        const sections = sectionsOf(changed, form === 'plain' ? 'pjsip.conf' : 'pjsip_wizard.conf').filter(
          (one) => one.name === 'zed'
        )
        const all = sections.flatMap(({ settings }) => settings)
        expect(lastValue(all, form === 'plain' ? 'password' : 'inbound_auth/password')).toBe(given)
        expect(lastValue(all, form === 'plain' ? 'callerid' : 'endpoint/callerid')).toBe(`${name} <+46812340077>`)
      }),
      { numRuns: 200 }
    )
  })

  it.each([
    ['a name that is two', { users: [makeUser('bob,1', '+46812340002')] }],
    ['a number with another channel', { users: [makeUser('bob', '+46812340002&Local/6@x')] }],
    ['a mailbox for the shell', { users: [makeUser('bob', '+46812340002', { email: "a';reboot;'@b" })] }],
    ['a name with a line break', { users: [makeUser('bob', '+46812340002', { display: 'Bob\nsecret = x' })] }],
    ['a secret with a line break', { users: [makeUser('bob', '+46812340002', { secret: 'abc\npassword = x' })] }],
    ['a trunk with a section in it', { trunks: [makeTrunk('it]sp')] }],
    ['a host with more than a host', { trunks: [makeTrunk('itsp', { hosts: ['192.0.2.1;x=y'] })] }],
    ['a program with arguments', { sms: { app: '/bin/sh,-c', profiles: [] } }],
    ['a key of no telephone', { ivr: { ...makeSite().ivr, keys: new Map<string, IvrAction>([['1,n', 'echo']]) } }]
  ])('refuses %s', (_, changes) => {
    expect(() => renderSite(makeSite({ output: { form }, ...changes }))).toThrow(DataError)
  })
})

describe('the number file and the hints of the plain form', () => {
  it('has each number in the section of its last two digits', () => {
    const users = Array.from({ length: 250 }, (_, index) => makeUser(`u${index}`, `+4681${String(index).padStart(6, '0')}`))
    const sections = sectionsOf(makeSite({ users }), 'numbers.conf')
    expect(sections).toHaveLength(100)
    const numbers = sections.flatMap(({ name, settings }) => settings.map((one) => ({ section: name, ...one })))
    expect(numbers).toHaveLength(250)
    for (const { section, name, value } of numbers) {
      expect(section).toBe(`n${name.slice(-2)}`)
      expect(name).toBe(users.find((user) => user.name === value)!.number)
    }
  })

  it('has as many hints as there are lengths of numbers, each as narrow as they permit', () => {
    const hintsOf = (...numbers: string[]) =>
      textsOf(makeSite({ users: numbers.map((number, index) => makeUser(`u${index}`, number)) }))['extensions.conf']!.match(
        /^exten => \S+?,hint/gm
      )
    expect(hintsOf('+46812340001')).toEqual(['exten => _+4681234XXXX,hint'])
    expect(hintsOf('+46812340001', '+46855550001')).toEqual(['exten => _+468XXXXXXXX,hint'])
    expect(hintsOf('+46812340001', '+12025550160', '+3580912345')).toEqual([
      'exten => _+358091XXXX,hint',
      'exten => _+XXXXXXXXXXX,hint'
    ])
    expect(hintsOf()).toBeNull()
  })
})

describe('what is rewritten', () => {
  const patternsOf = (changes: Partial<Site['site']>, minDigits = 8) => {
    const site = makeSite()
    const { contexts } = readDialplan(
      loadConfigStrictly(
        'extensions.conf',
        new MemoryFiles(textsOf({ ...site, dial: { ...site.dial, minDigits }, site: { ...site.site, ...changes } }))
      )
    )
    return contexts.get('dp_lookup')!.patterns.map(({ name }) => name)
  }

  it('follows the prefixes and the shortest number', () => {
    expect(patternsOf({})).toEqual(expect.arrayContaining(['_00ZXXXXXX.', '_0ZXXXXXX.', '_ZXXXXXX.']))
    expect(patternsOf({ nationalPrefix: '8', internationalPrefix: '810' }, 2)).toEqual(
      expect.arrayContaining(['_810Z.', '_8Z.', '_Z.'])
    )
    expect(patternsOf({ nationalPrefix: '', internationalPrefix: '' })).not.toContainEqual(expect.stringMatching(/^_0/))
  })
})

describe('the wizard with many users', () => {
  const sized = (length: number, form: 'plain' | 'wizard') => ({ output: { form }, users: { length } as Site['users'] })

  it('warns from 2,000 on, and is refused from 5,000 on unless it is wanted', () => {
    expect(checkSize(sized(1_999, 'wizard'))).toBeUndefined()
    expect(checkSize(sized(2_000, 'wizard'))).toContain('2000 users')
    expect(() => checkSize(sized(5_000, 'wizard'))).toThrow(DataError)
    expect(checkSize(sized(5_000, 'wizard'), true)).toContain('5000 users')
    expect(checkSize(sized(100_000, 'plain'))).toBeUndefined()
  })
})
