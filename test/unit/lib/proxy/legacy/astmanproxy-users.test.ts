import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAstmanproxyUsers } from '../../../../../src/lib/proxy/legacy/astmanproxy-users.js'

const parse = (text: string) => parseAstmanproxyUsers(text, 'users')
const bcrypt = `$2y$10$${'./Az09'.repeat(9).slice(0, 53)}`

describe('a line of astmanproxy.users', () => {
  it('has eight columns, blanks around them do not count, and case is kept', () => {
    expect(parse(' Dave = Pass , SIP/Dave, Out, In, Acct, PBX-A, x, XFRonly | CDRonly\r\n')).toEqual({
      users: [
        expect.objectContaining({
          name: 'Dave',
          secret: 'Pass',
          admin: false,
          server: 'PBX-A',
          where: 'users:1',
          filter: {
            channel: 'SIP/Dave',
            outContext: 'Out',
            inContext: 'In',
            account: 'Acct',
            moreEvents: true,
            only: ['cdr', 'xfr'],
            noVar: false
          }
        })
      ],
      findings: []
    })
  })

  it.each([['bill=pass'], ['bill=pass,,,,,,,'], ['bill="pass"'], ['"bill"=pass ; the boss'], ['bill=pass,,,,,,y']])(
    'filters nothing: %s',
    (line) => {
      const { users, findings } = parse(line)
      expect(users).toMatchObject([{ name: 'bill', secret: 'pass' }])
      expect(users[0]!.filter).toBeUndefined()
      expect(findings).toEqual([])
    }
  )

  it.each([
    ['admin', true],
    [' Admin | novar', true],
    ['administrator', false],
    ['novaradmin', false],
    ['', false]
  ])('makes an administrator by the word itself among the filters, and by nothing else: "%s"', (filters, admin) => {
    const { users, findings } = parse(`boss=pass,,,,,,,${filters}`)
    expect(users).toMatchObject([{ name: 'boss', admin }])
    expect(findings.map(({ code }) => code)).toEqual(/^administrator|^novaradmin/.test(filters) ? ['unknown-filter'] : [])
  })

  it.each([
    ['channel', 'a=b,SIP/1', { channel: 'SIP/1' }],
    ['out_context', 'a=b,,Out', { outContext: 'Out' }],
    ['in_context', 'a=b,,,In', { inContext: 'In' }],
    ['account', 'a=b,,,,Acct', { account: 'Acct' }],
    ['brionly', 'a=b,,,,,,,brionly', { only: ['bri'] }],
    ['novar', 'a=b,,,,,,,novar', { noVar: true }]
  ])('is a filter by %s alone', (_, line, filter) => {
    expect(parse(line).users[0]!.filter).toMatchObject(filter)
  })

  it('takes columns in quotes', () => {
    const { users, findings } = parse('"my name"="p,w;d#","Local/a,b",,,"My Account"')
    expect(users).toMatchObject([{ name: 'my name', secret: 'p,w;d#', filter: { channel: 'Local/a,b', account: 'My Account' } }])
    expect(findings).toEqual([])
  })

  it('takes hashes of bcrypt, and of scrypt in quotes', () => {
    const scrypt = '$scrypt$ln=16,r=8,p=1$c2FsdA$aGFzaA=='
    const { users, findings } = parse(`a=${bcrypt}\nb="${scrypt}"\nc=$ecret`)
    expect(users.map(({ secret }) => secret)).toEqual([bcrypt, scrypt, '$ecret'])
    expect(findings).toEqual([])
  })

  it('keeps a secret with equals signs and blanks; the old program removed both', () => {
    const { users, findings } = parse('Mixed Case=Sec= ret')
    expect(users).toMatchObject([{ name: 'Mixed Case', secret: 'Sec= ret' }])
    expect(findings).toMatchObject([
      { code: 'blank-kept', severity: 'warning', line: 1, column: 1 },
      { code: 'blank-kept', severity: 'warning', line: 1, column: 12 }
    ])
  })

  it('finds the words of filters as the old program did, and names what is none', () => {
    const { users, findings } = parse('a=b,,,,,,,cdronly brionly|xfronyl|novar')
    expect(users[0]!.filter).toMatchObject({ only: ['cdr', 'bri'], noVar: true })
    expect(findings).toMatchObject([
      {
        code: 'unknown-filter',
        severity: 'warning',
        line: 1,
        column: 11,
        message: '"cdronly brionly" is no filter; the words in it count'
      },
      { code: 'unknown-filter', severity: 'warning', line: 1, column: 11, message: '"xfronyl" is no filter; it is ignored' }
    ])
    expect(findings[0]!.hint).toBe('Known are cdronly, brionly, xfronly, novar and admin, with | between them.')
  })
})

describe('a line that would let the wrong ones in', () => {
  it.each([
    ['empty=', 'no-secret', 1],
    ['empty= ,SIP/1', 'no-secret', 1],
    ['empty=""', 'no-secret', 1],
    ['empty', 'no-secret', 1],
    ['empty=;secret', 'no-secret', 1],
    ['=secret', 'no-user', 1],
    ['a="b', 'open-quote', 3],
    ['a="b"c', 'text-after-quote', 3],
    ['a=b\x07', 'control-character', 3],
    ['a=$6$salt$hash', 'unsupported-hash', 3],
    ['a=$1$salt$hash', 'unsupported-hash', 3],
    ['a=$scrypt$ln=16,r=8,p=1$c2FsdA$aGFzaA', 'cut-hash', 3]
  ])('is an error, and gives no user: %j', (line, code, column) => {
    const { users, findings } = parse(`good=one\n${line}`)
    expect(users).toMatchObject([{ name: 'good' }])
    expect(findings).toMatchObject([{ code, severity: 'error', file: 'users', line: 2, column }])
  })

  it('is one that names a user again: the old program tried all secrets', () => {
    const { users, findings } = parse('a=1\nb=2\na=3\nA=4')
    expect(users.map(({ name, secret }) => name + secret)).toEqual(['a1', 'b2', 'A4'])
    expect(findings).toMatchObject([{ code: 'duplicate-user', severity: 'error', line: 3, column: 1 }])
    expect(findings[0]!.message).toContain('line 1')
  })
})

describe('a line worth a warning', () => {
  it.each([
    ['a=b;c', 'cut-by-comment', 4],
    ['a=b,SIP#1', 'cut-by-comment', 8],
    ['a=b,,,,,,,,', 'extra-column', 12],
    ['a=b,,,,,,no', 'other-meaning', 10],
    ['a=$2b$10$short', 'bad-hash', 3]
  ])('%s', (line, code, column) => {
    const { users, findings } = parse(line)
    expect(users).toHaveLength(1)
    expect(findings).toMatchObject([{ code, severity: 'warning', line: 1, column }])
  })

  it('is none where a line is empty or a comment', () => {
    expect(parse('\n ; x = y\n\t# z\n;\n   \n')).toEqual({ users: [], findings: [] })
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
    '|',
    '$2',
    '$6$',
    '$scrypt$',
    'r=8',
    'novar',
    'x',
    'é'
  )

  it('gives users with a name and a secret, and findings that lie inside it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(word).map((words) => words.join(''))
        ),
        (text) => {
          const { users, findings } = parse(text)
          const lines = text.split(/\r\n|\n|\r/)
          for (const { line, column } of findings) {
            expect(column).toBeGreaterThanOrEqual(1)
            expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1)
          }
          for (const { name, secret } of users) expect([name, secret]).not.toContain('')
          expect(new Set(users.map(({ name }) => name)).size).toBe(users.length)
        }
      ),
      { numRuns: 1000 }
    )
  })

  it('never shows a secret', () => {
    fc.assert(
      fc.property(fc.array(word), fc.array(word), (before, after) => {
        const [start, end] = [before, after].map((words) => words.join('').replace(/[,=\r\n]/g, ''))
        const { findings } = parse(`u=${start}Xq7${end}`)
        expect(findings.map(({ message, hint }) => message + hint).join()).not.toContain('Xq7')
      })
    )
  })
})
