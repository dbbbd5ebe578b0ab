import { describe, expect, it } from 'vitest'
import { parseAstmanproxyConf } from '../../../../../src/lib/proxy/legacy/astmanproxy-conf.js'

const parse = (...lines: string[]) => {
  const { settings, findings } = parseAstmanproxyConf(['acceptunencryptedconnection = yes', ...lines].join('\n'), 'a.conf')
  return { hosts: settings.hosts, findings }
}
const rest = ', 5038, u, s, on, off'

describe('a host line', () => {
  it('has six fields; words for yes and no are those of Asterisk', () => {
    expect(parse('Host = PBX.example.org , 5039,"U, 1", S3cret , Off, ON')).toEqual({
      hosts: [
        {
          name: 'PBX.example.org',
          host: 'PBX.example.org',
          port: 5039,
          username: 'U, 1',
          secret: 'S3cret',
          events: false,
          tls: true,
          line: 2
        }
      ],
      findings: []
    })
  })

  it.each([
    ['[::1]', '::1', '::1'],
    ['::1', '::1', '::1'],
    ['fe80::1%eth0', 'fe80::1%eth0', 'fe80::1%eth0'],
    ['office=10.0.0.1', 'office', '10.0.0.1'],
    ['head office = [2001:db8::1]', 'head office', '2001:db8::1'],
    ['"10.0.0.1"', '10.0.0.1', '10.0.0.1']
  ])('takes %s', (address, name, host) => {
    expect(parse(`host = ${address}${rest}`)).toMatchObject({ hosts: [{ name, host, port: 5038 }], findings: [] })
  })

  it.each(['a b', '[::1', '::1]', '=10.0.0.1', 'a=', 'a=b=c', 'a/b', 'u@b', '[pbx]'])('refuses the address %s', (address) => {
    expect(parse(`host = ${address}${rest}`)).toMatchObject({
      hosts: [],
      findings: [{ code: 'bad-value', severity: 'error', line: 2, column: 8 }]
    })
  })

  it.each([
    ['host = a, 5038, u, s, on', 'ssl'],
    ['host = a, 5038, u, , on, off', 'secret'],
    ['host = a, 5038, u, "", on, off', 'secret'],
    ['host = a', 'port, user, secret, events, ssl'],
    ['host =', 'name, port, user, secret, events, ssl'],
    [`host = ${rest}`, 'name']
  ])('is refused without all fields: %s', (line, missing) => {
    const { hosts, findings } = parse(line)
    expect(hosts).toEqual([])
    expect(findings).toMatchObject([{ code: 'incomplete-host', severity: 'error', line: 2, column: 1 }])
    expect(findings[0]!.message).toBe(`The host line has no ${missing}`)
  })

  it('says where a comment sign cut it', () => {
    expect(parse('host = a, 5038, u, se#cret, on, off').findings).toMatchObject([
      { code: 'incomplete-host', line: 2 },
      { code: 'cut-by-comment', line: 2, column: 22 }
    ])
  })

  it('may leave ssl to usessl, wherever that stands', () => {
    const line = 'host = a, 5038, u, s, on'
    expect(parse(line, 'usessl = yes')).toMatchObject({ hosts: [{ tls: true }], findings: [] })
    expect(parse('usessl = no', line)).toMatchObject({ hosts: [{ tls: false }], findings: [] })
    expect(parse('usessl = yes', `host = a${rest}`)).toMatchObject({ hosts: [{ tls: false }], findings: [] })
    expect(parse('usessl = yes', 'host = a, 5038, u, s').findings).toMatchObject([{ message: 'The host line has no events' }])
  })

  it.each([
    ['host = a, x, u, s, on, off', 11],
    ['host = a, 0, u, s, on, off', 11],
    ['host = a, 65536, u, s, on, off', 11],
    ['host = a, 5038, u, s, call, off', 23],
    ['host = a, 5038, u, s, on, maybe', 27]
  ])('refuses a field of the wrong kind: %s', (line, column) => {
    expect(parse(line)).toMatchObject({ hosts: [], findings: [{ code: 'bad-value', severity: 'error', line: 2, column }] })
  })

  it('never shows what may be the rest of a secret with a comma', () => {
    const { findings } = parse('host = a, 5038, u, half,Other, on, off')
    expect(findings).toMatchObject([{ code: 'bad-value' }, { code: 'extra-field' }])
    expect(JSON.stringify(findings)).not.toMatch(/half|Other/)
  })

  it('warns of what is read otherwise than before', () => {
    const { hosts, findings } = parse('host = a, 5038, my user, my secret, on, yes, more')
    expect(hosts).toMatchObject([{ username: 'my user', secret: 'my secret', tls: true }])
    expect(findings).toMatchObject([
      { code: 'blank-kept', severity: 'warning', column: 17 },
      { code: 'blank-kept', severity: 'warning', column: 26 },
      { code: 'other-meaning', severity: 'warning', column: 41 },
      { code: 'extra-field', severity: 'warning', column: 46 }
    ])
  })
})

describe('host lines', () => {
  it('keep their order: the first is the default target', () => {
    expect(parse(`host = b${rest}`, `host = a${rest}`).hosts.map(({ name }) => name)).toEqual(['b', 'a'])
  })

  it('with one name get another from their port, with a warning', () => {
    const { hosts, findings } = parse(
      'host = PBX, 5038, u, s, on, off',
      'host = pbx, 5039, u, s, on, off',
      'host = pbx, 5039, v, s, on, off',
      'host = ::1, 5038, u, s, on, off',
      'host = ::1, 5039, u, s, on, off'
    )
    expect(hosts.map(({ name }) => name)).toEqual(['PBX', 'pbx:5039', 'pbx:5039-2', '::1', '[::1]:5039'])
    expect(findings).toMatchObject([3, 4, 6].map((line) => ({ code: 'same-name', severity: 'warning', line })))
  })

  it('that are equal count once, with a warning', () => {
    const { hosts, findings } = parse(`host = pbx${rest}`, `host = pbx${rest}`)
    expect(hosts).toHaveLength(1)
    expect(findings).toMatchObject([{ code: 'same-server', severity: 'warning', line: 3 }])
  })

  it('with labels may reach one address on several ports', () => {
    expect(parse(`host = a=pbx${rest}`, `host = b=pbx${rest}`)).toMatchObject({
      hosts: [{ name: 'a' }, { name: 'b' }],
      findings: []
    })
  })
})
