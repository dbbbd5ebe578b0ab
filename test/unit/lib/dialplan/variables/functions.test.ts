// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Asterisk's variables
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitCallerId } from '../../../../../src/lib/dialplan/variables/functions/channel.js'
import { noOpOf, play, steps } from '../trace/play.js'

describe('a function', () => {
  it.each([
    ['${LEN(aå)}', '3'],
    ['${FILTER(0-9+,+46 (70) 1&Local/6)}', '+467016'],
    ['${FILTER(a\\-c,a-b-c)}', 'a--c'],
    ['${FILTER(\\x41-C,ABCD)}', 'ABC'],
    ['${CSV_QUOTE(a"b)}', '"a""b"'],
    ['${LTRIM( x )}|${RTRIM( x )}|', 'x | x|'],
    ['${SHA1(abc)}', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['${REGEX("(" x)}', ''],
    ['${STRBETWEEN(v,-)}', 'a-,-b-,-c'],
    ['${STRREPLACE(v,\\,,+,1)}', 'a+b,c'],
    ['${CUT(v,\\,,x)}', ''],
    ['${CUT(v)}', ''],
    ['${FIELDQTY(none,-)}', '0'],
    ['${POP(none)}', ''],
    ['${IF($[1 > 2]?a:b)}', 'b'],
    ['${IFTIME(12:00-12:30,sat,*,*?yes:no)}', 'yes'],
    ['${IFTIME(13:00-14:00,*,*,*?yes:no)}', 'no'],
    ['${GLOBAL_EXISTS(g)}${GLOBAL_EXISTS(h)}', '10'],
    ['${STRFTIME(,,%F %T)}', '2026-11-21 12:00:00'],
    ['${STRFTIME(0,Nowhere/None,%F)}', ''],
    ['${EPOCH}', '1795262400'],
    ['${RAND(1,10)}', '6'],
    ['${MATH(1,int)}', ''],
    ['${MATH(65+0,char)}', 'A'],
    ['${INC(v)}', ''],
    ['${ABS(-2.5)}', '2.500000'],
    ['${CHANNEL(state)} ${CHANNEL(context)} ${CHANNEL(channeltype)} ${CHANNEL(language)}', 'Ring c PJSIP en'],
    ['${EXTENSION_STATE(s@none)} ${EXTENSION_STATE(9@c)}', 'UNKNOWN UNKNOWN'],
    ['${DB_EXISTS(a/b)}', '0'],
    ['${DEVICE_STATE(PJSIP/x)} ${DEVICE_STATE(Local/x@c)}', 'INVALID NOT_INUSE'],
    ['${MINIVMACCOUNT(jane@example.com:username)}', 'jane'],
    ['${PJSIP_PARSE_URI(<sip:me@h.example:5070>,host)}', 'h.example'],
    ['${v:}${v:x}', 'a,b,ca,b,c'],
    ['${LEN(${v:2})}', '3'],
    ['${PJSIP_PARSE_URI(<sip:me@h.example:5070>,constructor)}|', '|'],
    ['${constructor}${toString}${__proto__}|', '|'],
    ['a$b $', 'a$b $']
  ])('%s', (text, expected) => {
    expect(noOpOf(text, ['Set(v=a,b,c)', 'Set(GLOBAL(g)=1)'])).toBe(expected)
  })

  it('reads a file of the folder', () => {
    const files = {
      'extensions.conf': steps(
        'NoOp(${AST_CONFIG(numbers.conf,n10,+4610)} ${AST_CONFIG(numbers.conf,n10,x,-1)} [${AST_CONFIG(none.conf,a,b)}])'
      ),
      'numbers.conf': '[n10]\n+4610 = alice\nx = 1\nx = 2\n'
    }
    expect(play(files).steps[0]!.appData).toBe('alice 2 []')
  })

  it('has the value that was given, also a known one', () => {
    const given = new Map([
      ['DEVICE_STATE(PJSIP/a)', 'BUSY'],
      ['CURL(http://x)', 'é'],
      ['DB(f/k)', 'v']
    ])
    expect(noOpOf('${DEVICE_STATE(PJSIP/a)} ${CURL(http://x)} ${DB(f/k)} ${LEN(${CURL(http://x)})}', [], {}, { given })).toBe(
      'BUSY é v 2'
    )
  })

  it('keeps what is written to it, and says when nobody knows it', () => {
    expect(noOpOf('${ODD(x)} ${CHANNEL(language)}', ['Set(ODD(x)=1)', 'Set(CHANNEL(language)=sv)'])).toBe('1 sv')
    expect(play(steps('NoOp(${ODD(x)}${PJSIP_HEADER(read,X)}${DB(a/b)})')).steps[0]!.unknown).toEqual([
      'ODD(x)',
      'PJSIP_HEADER(read,X)',
      'DB(a/b)'
    ])
  })

  it('nests no deeper than Asterisk bears, and never throws', () => {
    const deep = play(steps('Set(x=\\${EVAL(${x})})', `NoOp(${'${EVAL('.repeat(20)}a${')}'.repeat(20)})`)).steps[1]!
    expect(deep.warnings).toContain('Variables are nested too deeply')
    const signs = fc.array(fc.constantFrom('${', '}', '$[', ']', '(', ')', 'CUT', 'LEN', 'x', ',', ':', '1', '"', '\\', ' '), {
      maxLength: 40
    })
    fc.assert(fc.property(signs, (all) => typeof noOpOf(all.join('')) === 'string'))
  })

  it('reads a caller id of nothing but blanks at once', () => {
    expect(splitCallerId(`${' '.repeat(4_000)}x`)).toEqual({ name: 'x', number: undefined })
    expect(splitCallerId('  "Jane" <+1 (202) 555>')).toEqual({ name: 'Jane', number: '+1202555' })
  })

  it('bounds what a value may have, as Asterisk does', () => {
    const long = play(steps('Set(x=0123456789)', ...Array.from({ length: 12 }, () => 'Set(x=${x}${x})'), 'NoOp(${LEN(${x})})'))
    expect(Number(long.steps.at(-1)!.appData)).toBeLessThanOrEqual(8190)
  })
})
