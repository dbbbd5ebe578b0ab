import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quoteField, quoteWord, splitWords } from '../../../../src/lib/ami-shell/line-words.js'
import { parseAction, parseLine } from '../../../../src/lib/ami-shell/typed-line.js'

const texts = (line: string) => splitWords(line).words.map(({ text }) => text)

describe('words of a line', () => {
  it('are split at blanks, and kept together by quotes', () => {
    expect(texts(`Originate  Channel=PJSIP/x 'CallerID="A B" <1>' Data="say \\"hi\\""`)).toEqual([
      'Originate',
      'Channel=PJSIP/x',
      'CallerID="A B" <1>',
      'Data=say "hi"'
    ])
  })

  it("keep the backslashes that are the dialplan's", () => {
    expect(texts('Data=a\\,b Text=a\\ b "x\\n"')).toEqual(['Data=a\\,b', 'Text=a b', 'x\\n'])
  })

  it('say which quote is open, and an empty word is a word', () => {
    expect(splitWords("a 'b c")).toEqual({
      words: [
        { text: 'a', raw: 'a', start: 0 },
        { text: 'b c', raw: "'b c", start: 2 }
      ],
      endsBetween: false,
      open: "'"
    })
    expect(splitWords('a\\\\ ').endsBetween).toBe(true)
    expect(splitWords('a\\ ').endsBetween).toBe(false)
    expect(texts("a '' b")).toEqual(['a', '', 'b'])
  })

  it('are read back as they were quoted', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((one) => !/[\r\n\0]/.test(one))
    fc.assert(
      fc.property(fc.array(text), (all) => {
        expect(texts(all.map(quoteWord).join(' '))).toEqual(all)
      })
    )
  })

  it('stand in the line where they say', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '\\', '=', '\t') }), (line) => {
        for (const { raw, start } of splitWords(line).words) expect(line.slice(start, start + raw.length)).toBe(raw)
      })
    )
  })
})

describe('a typed line', () => {
  it('is nothing, a command of the shell, or an action', () => {
    expect(parseLine('  ')).toEqual({ kind: 'empty' })
    expect(parseLine(' \\watch 2 Ping ')).toEqual({ kind: 'shell', name: 'watch', rest: '2 Ping' })
    expect(parseLine('Setvar Variable=a Value=b=c')).toEqual({
      kind: 'action',
      action: 'Setvar',
      fields: [
        ['Variable', 'a'],
        ['Value', 'b=c']
      ]
    })
  })

  it('has a CLI command as it stands behind Command, unless it is a field', () => {
    const cli = (line: string) => parseAction(line).fields
    expect(cli('command  database put "a b" c\'s 1')).toEqual([['Command', 'database put "a b" c\'s 1']])
    expect(cli("Command Command='core show version' Server=b")).toEqual([
      ['Command', 'core show version'],
      ['Server', 'b']
    ])
    expect(cli('Command')).toEqual([])
  })

  it('is refused when it is not understood', () => {
    expect(() => parseLine('Ping x')).toThrow('"x" is not a field')
    expect(() => parseLine("Ping 'a=b")).toThrow("The quote ' is not closed")
    expect(() => parseLine('Secret=x Login')).toThrow('is not the name of an action')
  })

  it('gives the fields that were written, whatever their values', () => {
    const name = fc.stringMatching(/^[A-Z][A-Za-z0-9-]{0,12}$/)
    const value = fc.string({ unit: 'grapheme' }).filter((one) => !/[\r\n\0]/.test(one))
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (fields) => {
        const line = ['UserEvent', ...fields.map(([field, one]) => quoteField(field, one))].join(' ')
        expect(parseAction(line)).toEqual({ action: 'UserEvent', fields })
      })
    )
  })

  it('never fails but with a usage error', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'Command', ' ', "'", '"', '\\', '=', '\t') }), (line) => {
        try {
          parseLine(line)
        } catch (error) {
          expect((error as { code?: string }).code).toBe('E_USAGE')
        }
      })
    )
  })
})
