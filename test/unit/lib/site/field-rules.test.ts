// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of Asterisk
import { describe, expect, it } from 'vitest'
import type { Site } from '../../../../src/lib/site/site.js'
import { errorsOf, type Given, peopleSources, read, siteSources, written } from './support/site-sources.js'

interface Row {
  readonly field: string
  /** What is taken, and what comes of it. */
  readonly good: readonly (readonly [text: string, value: unknown])[]
  readonly bad: readonly string[]
  readonly inSite: (site: Site) => unknown
  /** What it needs beside it. */
  readonly beside?: Readonly<Record<string, Given>>
}

const local = { nat: { local_net: '192.168.0.0/16' } }
const mail = { smtp: { host: 'mx.example.com' } }
const port = (name: 'udp' | 'tcp' | 'tls'): Row => ({
  field: `transport.${name}.port`,
  good: [
    ['5560', 5560],
    ['65535', 65_535]
  ],
  bad: ['0', '65536', 'sip', '-1', '5060.5'],
  inSite: ({ transport }) => transport[name]?.port
})
const bind = (name: 'udp' | 'tcp' | 'tls'): Row => ({
  field: `transport.${name}.bind`,
  good: [
    ['192.0.2.1', '192.0.2.1'],
    ['::', '::']
  ],
  bad: ['pbx.example.com', '192.0.2.1:5060', '[::]', '300.1.1.1', '192.0.2.1 ', 'fe80::1%eth0'],
  inSite: ({ transport }) => transport[name]?.bind
})
const enabled = (name: 'udp' | 'tcp' | 'tls'): Row => ({
  field: `transport.${name}.enabled`,
  good: [
    ['yes', true],
    ['false', false]
  ],
  bad: ['maybe', '2'],
  inSite: ({ transport }) => transport[name] !== undefined,
  ...(name === 'udp' && { beside: { trunk: { transport: 'tcp' } } })
})
/** Broken in any text, whatever the field. */
const controls = ['a\nb', 'a\rb', 'a\tb', 'a\0b', 'a\x1bb', 'a\x7fb', 'a\u2028b']

const sections: Row[] = [
  {
    field: 'site.domain',
    good: [
      ['PBX.example.com', 'pbx.example.com'],
      ['pbx', 'pbx']
    ],
    bad: ['', 'a b', '-a.example', 'a..b', 'a;b', `${'a'.repeat(64)}.example`, 'a]b', '1.2.3'],
    inSite: (s) => s.site.domain
  },
  {
    field: 'site.country_code',
    good: [
      ['1', '1'],
      ['358', '358']
    ],
    bad: ['', '046', '+46', '1234', 'SE', '0'],
    inSite: (s) => s.site.countryCode
  },
  {
    field: 'site.national_prefix',
    good: [
      ['1', '1'],
      ['8', '8']
    ],
    bad: ['+', '12345', '0;', '00'],
    inSite: (s) => s.site.nationalPrefix
  },
  {
    field: 'site.international_prefix',
    good: [['011', '011']],
    bad: ['+', 'x', '0'],
    inSite: (s) => s.site.internationalPrefix
  },
  {
    field: 'site.user_agent',
    good: [
      ['My PBX 1.0', 'My PBX 1.0'],
      ['x'.repeat(64), 'x'.repeat(64)]
    ],
    bad: ['x'.repeat(65), 'a;b', '>a', 'ä', '${X}', '$[1]', ...controls],
    inSite: (s) => s.site.userAgent
  },
  {
    field: 'site.emergency',
    good: [
      ['112, 911', ['112', '911']],
      ['999', ['999']]
    ],
    bad: ['1', '1234567', '+112', '112,112', 'x'],
    inSite: (s) => s.site.emergency
  },
  {
    field: 'dial.timeout',
    good: [
      ['5', 5],
      ['300', 300]
    ],
    bad: ['4', '301', '30s', ',30'],
    inSite: (s) => s.dial.timeoutS
  },
  {
    field: 'dial.min_digits',
    good: [
      ['2', 2],
      ['15', 15]
    ],
    bad: ['1', '16'],
    inSite: (s) => s.dial.minDigits
  },
  ...(['udp', 'tcp', 'tls'] as const).flatMap((name) => [port(name), bind(name), enabled(name)]),
  {
    field: 'transport.tls.cert',
    good: [['/etc/ssl/a.pem', '/etc/ssl/a.pem']],
    bad: ['a.pem', '/etc/../a', '/a b', '/a;b', '/a/'],
    inSite: (s) => s.transport.tls?.cert
  },
  {
    field: 'transport.tls.key',
    good: [['/etc/ssl/a.key', '/etc/ssl/a.key']],
    bad: ['~/a.key', '/a$b'],
    inSite: (s) => s.transport.tls?.key
  },
  {
    field: 'transport.tls.method',
    good: [['tlsv1_3', 'tlsv1_3']],
    bad: ['sslv3', 'tlsv1'],
    inSite: (s) => s.transport.tls?.method
  },
  {
    field: 'nat.external_address',
    good: [
      ['sip.example.com', 'sip.example.com'],
      ['2001:db8::1', '2001:db8::1']
    ],
    bad: ['a b', 'sip.example.com:5060', 'a,b', '1.2.3.400'],
    inSite: (s) => s.nat.externalAddress,
    beside: local
  },
  {
    field: 'nat.local_net',
    good: [
      ['10.0.0.0/8, fd00::/8', ['10.0.0.0/8', 'fd00::/8']],
      ['192.0.2.1', ['192.0.2.1']]
    ],
    bad: ['10.0.0.0/33', 'fd00::/129', 'lan', '10.0.0.0/8,10.0.0.0/8', '10.1/16'],
    inSite: (s) => s.nat.localNet
  },
  {
    field: 'media.codecs',
    good: [
      ['alaw,ulaw', ['alaw', 'ulaw']],
      ['OPUS h264', ['opus', 'h264']]
    ],
    bad: ['mp3', 'alaw,alaw', '!all', 'ulaw:20'],
    inSite: (s) => s.media.codecs
  },
  {
    field: 'media.encryption',
    good: [
      ['none', 'none'],
      ['dtls', 'dtls'],
      ['sdes', 'sdes']
    ],
    bad: ['zrtp', 'yes'],
    inSite: (s) => s.media.encryption
  },
  { field: 'rtp.start', good: [['20000', 20_000]], bad: ['20001', '1022', '65534'], inSite: (s) => s.rtp.start },
  { field: 'rtp.end', good: [['10019', 10_019]], bad: ['10018', '9999', '65536'], inSite: (s) => s.rtp.end },
  {
    field: 'rtp.enabled',
    good: [
      ['yes', true],
      ['no', false]
    ],
    bad: ['perhaps'],
    inSite: (s) => s.rtp.isRendered
  },
  {
    field: 'voicemail.enabled',
    good: [
      ['yes', true],
      ['no', false]
    ],
    bad: ['x'],
    inSite: (s) => s.voicemail.isEnabled,
    beside: mail
  },
  {
    field: 'voicemail.from',
    good: [['vm@example.com', 'vm@example.com']],
    bad: ['vm', 'a b@example.com', 'vm@exa mple', '"x"@example.com', '-f@example.com', '$(id)@example.com'],
    inSite: (s) => s.voicemail.from
  },
  {
    field: 'voicemail.from_name',
    good: [['Växeln hemma', 'Växeln hemma']],
    bad: ['a"b', 'a<b', 'a;b', '${X}', 'x'.repeat(100)],
    inSite: (s) => s.voicemail.fromName
  },
  {
    field: 'voicemail.subject',
    good: [['[voicemail] from ${MVM_CALLERID}', '[voicemail] from ${MVM_CALLERID}']],
    bad: ['${SHELL(id)}', '$[1+1]', '${MVM_CALLERID', 'a;b', '>x', 'x'.repeat(100)],
    inSite: (s) => s.voicemail.subject
  },
  {
    field: 'voicemail.body',
    good: [['${MVM_CIDNAME}, (${MVM_DUR})\\n"bye"', '${MVM_CIDNAME}, (${MVM_DUR})\\n"bye"']],
    bad: ['${ENV(HOME)}', '${MVM_${X}}', 'a;b', 'x'.repeat(4_001), ...controls],
    inSite: (s) => s.voicemail.body
  },
  {
    field: 'voicemail.charset',
    good: [['iso-8859-1', 'iso-8859-1']],
    bad: ['utf 8', 'utf-8"'],
    inSite: (s) => s.voicemail.charset
  },
  {
    field: 'voicemail.format',
    good: [
      ['wav', 'wav'],
      ['GSM', 'gsm']
    ],
    bad: ['mp3', 'wav|gsm'],
    inSite: (s) => s.voicemail.format
  },
  {
    field: 'voicemail.gain_db',
    good: [
      ['0', 0],
      ['30', 30]
    ],
    bad: ['31', '-1'],
    inSite: (s) => s.voicemail.gainDb
  },
  {
    field: 'voicemail.locale',
    good: [['sv_SE.utf8', 'sv_SE.utf8']],
    bad: ['sv SE', 'x'.repeat(20)],
    inSite: (s) => s.voicemail.locale
  },
  {
    field: 'voicemail.mail_command',
    good: [['/usr/sbin/sendmail -t', '/usr/sbin/sendmail -t']],
    bad: ['mail; rm x', 'a | b', 'a `id`', 'a $(id)', 'a > b', `/${'x'.repeat(160)}`],
    inSite: (s) => s.voicemail.mailCommand
  },
  { field: 'smtp.host', good: [['mx.example.com', 'mx.example.com']], bad: ['mx example', 'mx:25'], inSite: (s) => s.smtp.host },
  { field: 'smtp.port', good: [['2525', 2525]], bad: ['0', 'smtp'], inSite: (s) => s.smtp.port, beside: mail },
  {
    field: 'smtp.security',
    good: [
      ['tls', 'tls'],
      ['none', 'none']
    ],
    bad: ['ssl'],
    inSite: (s) => s.smtp.security,
    beside: mail
  },
  {
    field: 'smtp.user',
    good: [['john@example.com', 'john@example.com']],
    bad: ['a b', 'a;b', 'a"b'],
    inSite: (s) => s.smtp.user,
    beside: { smtp: { host: 'mx', password_file: '/etc/p' } }
  },
  {
    field: 'smtp.password_file',
    good: [['/etc/pw', '/etc/pw']],
    bad: ['pw', '/etc/p w'],
    inSite: (s) => s.smtp.passwordFile,
    beside: { smtp: { host: 'mx', user: 'john' } }
  },
  {
    field: 'sms.app',
    good: [['/usr/bin/websms', '/usr/bin/websms']],
    bad: ['websms', '/usr/bin/websms,x', '/a|b', '/a&b', '/a(b)', '/a"b'],
    inSite: (s) => s.sms.app
  },
  {
    field: 'sms.profiles',
    good: [['a b,c-1', ['a', 'b', 'c-1']]],
    bad: ['yes', 'a&b', 'a|b', 'a"b', 'a${b}', 'a(b)', '[a]'],
    inSite: (s) => s.sms.profiles,
    beside: { sms: { app: '/x' } }
  },
  {
    field: 'ivr.enabled',
    good: [
      ['yes', true],
      ['no', false]
    ],
    bad: ['x'],
    inSite: (s) => s.ivr.isEnabled
  },
  {
    field: 'ivr.key.7',
    good: [
      ['play', 'play'],
      ['none', 'none']
    ],
    bad: ['dial', 'play,echo'],
    inSite: (s) => s.ivr.keys.get('7')
  },
  { field: 'ivr.key.#', good: [['erase', 'erase']], bad: ['x'], inSite: (s) => s.ivr.keys.get('#') },
  {
    field: 'ivr.max_rounds',
    good: [
      ['1', 1],
      ['20', 20]
    ],
    bad: ['0', '21'],
    inSite: (s) => s.ivr.maxRounds
  },
  { field: 'ivr.allow_dial', good: [['yes', true]], bad: ['x'], inSite: (s) => s.ivr.allowDial },
  {
    field: 'output.form',
    good: [
      ['wizard', 'wizard'],
      ['plain', 'plain']
    ],
    bad: ['realtime'],
    inSite: (s) => s.output.form
  }
]

const user = (
  field: string,
  good: Row['good'],
  bad: Row['bad'],
  inSite: (one: Site['users'][number]) => unknown,
  beside?: Row['beside']
): Row => ({
  field: `user.${field}`,
  good,
  bad,
  inSite: (site) => inSite(site.users[0]!),
  ...(beside && { beside })
})
const trunk = (
  field: string,
  good: Row['good'],
  bad: Row['bad'],
  inSite: (one: Site['trunks'][number]) => unknown,
  beside?: Row['beside']
): Row => ({
  field: `trunk.${field}`,
  good,
  bad,
  inSite: (site) => inSite(site.trunks[0]!),
  ...(beside && { beside })
})
const sms = { sms: { app: '/usr/bin/sms', profiles: 'home work' } }
const login = { trunk: { username: 'u', secret: 'provided' } }

const people: Row[] = [
  user(
    'name',
    [
      ['john.doe', 'john.doe'],
      ['a'.repeat(40), 'a'.repeat(40)],
      ['1001', '1001'],
      ['a_b-c', 'a_b-c']
    ],
    [
      'John',
      '.a',
      'a'.repeat(41),
      'a,b',
      'a;b',
      'a(b',
      'ä',
      'global',
      'system',
      'w_term_io',
      'udp',
      'itsp',
      'john-iauth',
      'anonymous'
    ],
    (u) => u.name
  ),
  user(
    'number',
    [
      ['+12025550160', '+12025550160'],
      ['+123456789012345', '+123456789012345']
    ],
    ['', '0701234567', '+0701234567', '+123456', '+1234567890123456', '+1202555,1', '+1202555&x', '+120255${X}'],
    (u) => u.number
  ),
  user(
    'display',
    [
      ['John Doe', 'John Doe'],
      ['Åsa & Bo, (hemma)', 'Åsa & Bo, (hemma)'],
      ['x'.repeat(64), 'x'.repeat(64)]
    ],
    ['x'.repeat(65), 'a"b', 'a<b', '>a', 'a\\b', 'a;b', '${X}', '$[1]', ' a', 'a ', ...controls],
    (u) => u.display
  ),
  user(
    'email',
    [['j.d+x@example.com', 'j.d+x@example.com']],
    [
      'x',
      'a;b@example.com',
      'a@b@c',
      'a&b@example.com',
      '../x@example.com',
      'a/b@example.com',
      '$(id)@example.com',
      '`id`@example.com',
      `x@${'a'.repeat(60)}.${'b'.repeat(60)}`
    ],
    (u) => u.email
  ),
  user(
    'secret',
    [
      ['correct,horse&|"[9]', 'correct,horse&|"[9]'],
      [`${'x'.repeat(125)}yzw`, `${'x'.repeat(125)}yzw`]
    ],
    [
      '',
      'short',
      'with blank here',
      'ends-badly;x;y',
      '>leading-sign',
      'with-${VAR}-x',
      'with-$[1]-xyz',
      '+46701234567',
      '46701234567',
      'passwordpassword',
      'aaaaaaaaaaaaaa',
      'johnjohnjohn',
      'x1y2'.repeat(33),
      'pässword-äöü-1',
      'line\nbreak-123'
    ],
    (u) => u.secret
  ),
  user(
    'access',
    [
      ['in', 'in'],
      ['inout', 'inout']
    ],
    ['out', 'both'],
    (u) => u.access
  ),
  user('trunk', [['itsp', 'itsp']], ['other', 'john', 'itsp,x'], (u) => u.trunk),
  user(
    'sms',
    [
      ['work', 'work'],
      ['yes', 'home'],
      ['no', undefined]
    ],
    ['other'],
    (u) => u.sms,
    sms
  ),
  user(
    'max_contacts',
    [
      ['1', 1],
      ['20', 20]
    ],
    ['0', '21', 'x'],
    (u) => u.maxContacts
  ),
  user('codecs', [['ulaw, alaw', ['ulaw', 'alaw']]], ['mp3', 'ulaw;alaw'], (u) => u.codecs),
  trunk(
    'name',
    [
      ['itsp:mydoe', 'itsp:mydoe'],
      ['46elks', '46elks']
    ],
    ['ITSP', 'a b', 'a]b', 'a,b', 'global', 'w_trunk', 'john', 'x-reg-0'],
    (t) => t.name
  ),
  trunk(
    'hosts',
    [
      ['sip.a.example,192.0.2.1:5070', ['sip.a.example', '192.0.2.1:5070']],
      ['2001:db8::1', ['[2001:db8::1]']],
      ['[2001:db8::1]:5060', ['[2001:db8::1]:5060']]
    ],
    ['', 'a:0', 'a:70000', 'a;b', 'sip:a', 'a/b', '[a]', '[::1', '1.2.3.4.5'],
    (t) => t.hosts
  ),
  trunk(
    'match',
    [['192.0.2.0/24 sip.a.example', ['192.0.2.0/24', 'sip.a.example']]],
    ['192.0.2.0/40', 'a/24', '192.0.2.1:5060'],
    (t) => t.match
  ),
  trunk(
    'username',
    [
      ['doe', 'doe'],
      ['+12025550160', '+12025550160']
    ],
    ['a b', 'a;b', 'a"b', 'a<b', 'a,b', 'a(b'],
    (t) => t.username,
    login
  ),
  trunk(
    'secret',
    [
      ['a;b', 'a;b'],
      ['>x', '>x'],
      ['"q" ${X} [y] \\', '"q" ${X} [y] \\']
    ],
    ['', ' x', 'x ', 'a\nb', 'x'.repeat(129)],
    (t) => t.secret,
    login
  ),
  trunk(
    'register',
    [
      ['yes', true],
      ['no', false]
    ],
    ['x'],
    (t) => t.register,
    login
  ),
  trunk('contact_user', [['12025550160', '12025550160']], ['a b', 'a;b', 'a@b', '${X}', 'a,b'], (t) => t.contactUser),
  trunk(
    'transport',
    [
      ['tcp', 'tcp'],
      ['tls', 'tls']
    ],
    ['ws', 'sctp'],
    (t) => t.transport
  ),
  trunk('from_domain', [['example.com', 'example.com']], ['a b', 'a;b', 'a@b'], (t) => t.fromDomain),
  trunk('codecs', [['ulaw', ['ulaw']]], ['mp3'], (t) => t.codecs),
  trunk(
    'dtmf',
    [
      ['inband', 'inband'],
      ['auto', 'auto']
    ],
    ['rfc2833'],
    (t) => t.dtmf
  ),
  trunk(
    'qualify',
    [
      ['0', 0],
      ['300', 300]
    ],
    ['3601', '-1', 'no'],
    (t) => t.qualify
  )
]

const split = (field: string) => [field.slice(0, field.indexOf('.')), field.slice(field.indexOf('.') + 1)] as const

/** What cannot be a value of that form at all: an ini line ends where it ends, and blanks around a value are none of it. */
const cannotSay = (source: string, field: string, text: string) =>
  (source === 'ini' && (/[\n\0]|^\s|\s$/.test(text) || (field === 'user.name' && text === ''))) ||
  (source === 'sqlite' && text.includes('\0'))

describe.each(Object.entries(siteSources))('a site of %s', (source, write) => {
  it.each(sections.map((row) => [row.field, row] as const))('%s', async (field, { good, bad, inSite, beside = {} }) => {
    const [where, name] = split(field)
    for (const [text, value] of good) {
      const { site } = await read(await write(written(where, { [name]: text }, beside)))
      expect(inSite(site), text).toEqual(value)
    }
    for (const text of bad.filter((one) => !cannotSay(source, field, one))) {
      const input = await write(written(where, { [name]: text }, beside))
      const errors = await errorsOf(input)
      expect(errors.length, `${field} = ${JSON.stringify(text)}`).toBeGreaterThan(0)
      expect(errors[0]).toMatchObject({ file: input.file, line: expect.any(Number) })
    }
  })
})

describe.each(Object.entries(peopleSources))('a user or trunk of %s', (source, write) => {
  it.each(people.map((row) => [row.field, row] as const))('%s', async (field, { good, bad, inSite, beside = {} }) => {
    const [where, name] = split(field) as ['user' | 'trunk', string]
    for (const [text, value] of good) {
      const { site } = await read(await write(written(where, { [name]: text }, beside), where))
      expect(inSite(site), text).toEqual(value)
    }
    for (const text of bad.filter((one) => !cannotSay(source, field, one))) {
      const errors = await errorsOf(await write(written(where, { [name]: text }, beside), where))
      expect(errors.length, `${field} = ${JSON.stringify(text)}`).toBeGreaterThan(0)
    }
  })
})
