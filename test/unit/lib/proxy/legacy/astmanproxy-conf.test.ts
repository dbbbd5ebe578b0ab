import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAstmanproxyConf } from '../../../../../src/lib/proxy/legacy/astmanproxy-conf.js'
import { legacyKeys } from '../../../../../src/lib/proxy/legacy/astmanproxy-settings.js'
import { isAstmanproxyConf } from '../../../../../src/lib/proxy/legacy/is-astmanproxy-conf.js'

const open = 'acceptunencryptedconnection = yes'
/** The lines behind a first one that lets clients connect. */
const parse = (...lines: string[]) => parseAstmanproxyConf([open, ...lines].join('\n'), 'a.conf')

describe('each key of astmanproxy.conf', () => {
  it.each([
    ['retryinterval', '5', { retryIntervalS: 5 }],
    ['maxretries', '0', { maxRetries: 0 }],
    ['sslclienthellotimeout', '200', { sslClientHelloTimeoutMs: 200 }],
    ['acceptencryptedconnection', 'yes', { acceptEncrypted: true }],
    ['acceptunencryptedconnection', 'no', { acceptUnencrypted: false }],
    ['allowencryptedconnections', 'true', { acceptEncrypted: true }],
    ['allowunencryptedconnections', 'off', { acceptUnencrypted: false }],
    ['asteriskwritetimeout', '100', { asteriskWriteTimeoutMs: 100 }],
    ['clientwritetimeout', '2147483647', { clientWriteTimeoutMs: 2_147_483_647 }],
    ['certfile', '/etc/Pem/Key.pem', { certFile: '/etc/Pem/Key.pem' }],
    ['listenaddress', '[::1]', { listenAddress: '::1' }],
    ['listenport', '1234', { listenPort: 1234 }],
    ['authrequired', 'Yes', { authRequired: true }],
    ['proxykey', 'FooBar', { proxyKey: 'FooBar' }],
    ['proc_user', 'nobody', { procUser: 'nobody' }],
    ['proc_group', 'nogroup', { procGroup: 'nogroup' }],
    ['inputformat', 'XML', { inputFormat: 'xml' }],
    ['outputformat', 'csv', { outputFormat: 'csv' }],
    ['autofilter', 'unique', { autoFilter: 'unique' }],
    ['logfile', '/var/log/Asterisk.log', { logFile: '/var/log/Asterisk.log' }],
    ['filterlocal', 'allowwith', { filterLocal: 'allowwith' }],
    ['forcebanner', 'Asterisk Call Manager/1.1, old', { forceBanner: 'Asterisk Call Manager/1.1, old' }],
    ['usessl', 'yes', { useSsl: true }]
  ])('%s = %s', (key, value, expected) => {
    expect(Object.keys(legacyKeys)).toContain(key)
    for (const line of [`${key}=${value}`, `\t ${key.toUpperCase()} =  ${value}\t; comment`, `${key} = "${value}"# comment`]) {
      const { settings, findings } = parseAstmanproxyConf(`acceptencryptedconnection = yes\n${line}\r\n`, 'a.conf')
      expect(settings).toMatchObject(expected)
      expect(findings.filter(({ code }) => code !== 'duplicate-key')).toEqual([])
    }
  })

  it('is tested above', () => {
    expect(Object.keys(legacyKeys)).toHaveLength(23)
  })
})

describe('a value', () => {
  it('may be longer than the buffers of the old program', () => {
    const long = 'Aa'.repeat(3000)
    expect(parse(`proxykey = ${long}`).settings.proxyKey).toBe(long)
  })

  it('in quotes keeps blanks, commas, comment signs and doubled quotes', () => {
    expect(parse('proxykey = " a;b#c, ""d"" = "').settings.proxyKey).toBe(' a;b#c, "d" = ')
  })

  it('keeps its equals signs', () => {
    expect(parse('proxykey = a=b==').settings.proxyKey).toBe('a=b==')
  })

  it('ends at a comment sign, with a warning where a text may have gone on', () => {
    const { settings, findings } = parse('proxykey = ab;cd', 'listenport = 12;cd', 'certfile = /a ; cd', 'logfile = /a#b')
    expect(settings).toMatchObject({ proxyKey: 'ab', listenPort: 12, certFile: '/a', logFile: '/a' })
    expect(findings).toMatchObject([
      { code: 'cut-by-comment', severity: 'warning', line: 2, column: 14 },
      { code: 'cut-by-comment', severity: 'warning', line: 5, column: 13 }
    ])
  })

  it('is that of the last line when a key is there twice, under another name, too', () => {
    const { settings, findings } = parse('listenport = 1', 'ListenPort = 2', 'allowunencryptedconnections = no')
    expect(settings).toMatchObject({ listenPort: 2, acceptUnencrypted: false })
    expect(findings).toMatchObject([
      { code: 'duplicate-key', severity: 'warning', line: 3, message: 'ListenPort is set in line 2 already; this one counts' },
      { code: 'duplicate-key', severity: 'warning', line: 4 },
      { code: 'nobody-may-connect', line: 4 }
    ])
  })
})

describe('a mistake is a finding with its place', () => {
  it.each([
    ['listenport = abc', 'bad-value', 14, 'listenport is "abc", not a whole number from 0 to 65535'],
    ['listenport = 65536', 'bad-value', 14, '65535'],
    ['listenport = -1', 'bad-value', 14, '"-1"'],
    ['listenport =', 'bad-value', 13, '""'],
    ['retryinterval = 5s', 'bad-value', 17, 'retryinterval is "5s"'],
    ['retryinterval = 2147484', 'bad-value', 17, '2147483'],
    ['maxretries = 99999999999', 'bad-value', 14, '2147483647'],
    ['autofilter = maybe', 'bad-value', 14, 'one of off, on, unique'],
    ['authrequired = perhaps', 'bad-value', 16, 'yes or no'],
    ['outputformat = http', 'bad-value', 16, 'one of standard, xml, csv, json'],
    ['  proxykey = "abc', 'open-quote', 14, 'not closed'],
    ['proxykey = "abc" def', 'text-after-quote', 12, 'behind the closing quote'],
    ['proxykey = a\x00b', 'control-character', 12, 'control character']
  ])('%j', (line, code, column, message) => {
    const { settings, findings } = parse(line)
    expect(findings).toMatchObject([{ code, severity: 'error', file: 'a.conf', line: 2, column }])
    expect(findings[0]!.message).toContain(message)
    expect(settings).toEqual(parse().settings)
  })

  it.each([
    ['authrequired = on', 'other-meaning', 16],
    ['proxykey = a b', 'blank-kept', 12],
    ['proxykey =', 'empty-value', 1],
    ['[general]', 'not-a-setting', 1],
    ['proxykey foobar', 'not-a-setting', 1],
    ['constructor = 1', 'unknown-key', 1],
    ['=1', 'unknown-key', 1]
  ])('%j, and it is only a warning', (line, code, column) => {
    expect(parse(line).findings).toMatchObject([{ code, severity: 'warning', line: 2, column }])
  })

  it.each([
    ['listenprot', 'listenport'],
    ['hots', 'host'],
    ['proxykeys', 'proxykey'],
    ['logfine', 'logfile'],
    ['sslclienthelotimeout', 'sslclienthellotimeout'],
    ['colour', undefined]
  ])('%s: meant is %s', (typed, meant) => {
    expect(parse(`${typed} = 1`).findings[0]!.hint).toBe(meant && `Did you mean ${meant}?`)
  })

  it('where nobody may connect', () => {
    expect(parseAstmanproxyConf('', 'a.conf').findings).toMatchObject([{ code: 'nobody-may-connect', line: 1 }])
    const refused = 'listenport = 1\nacceptunencryptedconnection = no'
    expect(parseAstmanproxyConf(refused, 'a.conf').findings).toMatchObject([{ code: 'nobody-may-connect', line: 2 }])
  })
})

describe('any text', () => {
  const word = fc.constantFrom(
    '"',
    ',',
    ';',
    '#',
    '=',
    ' ',
    '\t',
    '\r',
    '\n',
    '\0',
    '[',
    ']',
    'yes',
    'off',
    '1',
    '::1',
    'x',
    'é',
    '𝄞'
  )
  const line = fc.tuple(fc.constantFrom('', 'host', ...Object.keys(legacyKeys), '__proto__'), fc.array(word))
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(line.map(([key, rest]) => `${key} = ${rest.join('')}\n`)).map((lines) => lines.join(''))
  )

  it('gives settings and findings that lie inside it, never an exception', () => {
    fc.assert(
      fc.property(text, (text) => {
        const { settings, findings } = parseAstmanproxyConf(text, 'a.conf')
        const lines = text.split(/\r\n|\n|\r/)
        for (const { line, column, message } of findings) {
          expect(message).not.toBe('')
          expect(column).toBeGreaterThanOrEqual(1)
          expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1)
        }
        const names = settings.hosts.map(({ name }) => name.toLowerCase())
        expect(new Set(names).size).toBe(names.length)
        isAstmanproxyConf(text)
      }),
      { numRuns: 1000 }
    )
  })

  it('that stands in quotes comes back as it is', () => {
    const value = fc.string({ minLength: 1 }).filter((text) => !/[\0-\x08\x0a-\x1f\x7f]/.test(text))
    fc.assert(
      fc.property(value, (value) => {
        expect(parse(`proxykey = "${value.replaceAll('"', '""')}" ; "comment"`).settings.proxyKey).toBe(value)
      })
    )
  })

  it('never shows a secret', () => {
    const secret = 'Xq7'
    fc.assert(
      fc.property(
        fc.array(word),
        fc.array(word),
        fc.constantFrom('proxykey =', 'proxykey', 'host = a, 5038, u,'),
        (before, after, key) => {
          const [start, end] = [before, after].map((words) => words.join('').replace(/[=,\r\n]/g, ''))
          const { findings } = parse(`${key} ${start}${secret}${end}`)
          expect(findings.map(({ message, hint }) => message + hint).join()).not.toContain(secret)
        }
      )
    )
  })
})

describe('isAstmanproxyConf', () => {
  it.each([
    ['host = a, 5038, u, s', true],
    ['  HOST=a,5038,u,s,on,off', true],
    ['host = "a,b,c,d"', false],
    ['host = a, 5038, u', false],
    ['; host = a, 5038, u, s', false],
    ['listenport = 1234', true],
    ['listenport', false],
    ['listen = 127.0.0.1:5038\nlog-level = debug', false],
    ['proxykey = x\nlogfile = /x', false],
    ['listenport = 1234\n[server a]\nhost = a', false],
    ['listenport = 1234\r\n [general] ; x\r\n', false],
    ['; [server a]\nlistenport = 1234', true],
    ['', false]
  ])('%j: %s', (text, expected) => {
    expect(isAstmanproxyConf(text)).toBe(expected)
  })
})
