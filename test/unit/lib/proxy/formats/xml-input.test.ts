import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../../../src/lib/ami/block-parser.js'
import { ProtocolError } from '../../../../../src/lib/errors.js'
import { xmlInput } from '../../../../../src/lib/proxy/formats/xml-input.js'
import { everyCut } from '../../../support/chunks.js'
import { recorded } from './recorded.js'

/** The blocks of a stream, or its error in the last place. */
function read(chunks: readonly Buffer[], limits = defaultLimits): string[] {
  const parser = xmlInput.createParser(limits)
  const blocks: string[] = []
  try {
    for (const chunk of chunks) blocks.push(...parser.push(chunk).map((block) => block.bytes.toString()))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    blocks.push(error.message)
  }
  return blocks
}

function expectBlocks(text: string, expected: readonly unknown[], limits = defaultLimits): void {
  for (const { how, chunks } of everyCut(Buffer.from(text))) expect(read(chunks, limits), how).toEqual(expected)
}

const wrap = (inside: string) => `<AsteriskManagerInput>${inside}</AsteriskManagerInput>`
const invalid = expect.stringMatching(/^Invalid XML Input: ./)

describe('XML input: what was recorded with astmanproxy', () => {
  const input = recorded().xmlInput.join('')
  const garbage = input.indexOf('Action: Ping\r\n')

  it('reads every document, with entities decoded and the first element right after the start tag', () => {
    expectBlocks(input.slice(0, garbage), [
      'Action: Login\r\nUsername: bill\r\nSecret: pass\r\n',
      'Action: Ping\r\nActionID: x & y\r\n',
      'Action: Ping\r\nActionID: oneline\r\n',
      'ProxyAction: SetOutputFormat\r\nOutputFormat: CSV\r\n',
      'ProxyAction: SetOutputFormat\r\nOutputFormat: xml\r\n',
      'Action: Command\r\nCommand: core show channels\r\nActionID: cmd\r\n',
      'Action: PJSIPShowEndpoints\r\nActionID: pse\r\n'
    ])
  })

  it('refuses what is not XML at its first byte', () => {
    expectBlocks('Action: Ping\r\n\r\n', [invalid])
    expectBlocks('A', [invalid])
  })

  it('takes the text of an element, which crashed both versions', () => {
    expectBlocks(input.slice(input.lastIndexOf('<AsteriskManagerInput>')), ['Action: Ping\r\n'])
  })
})

describe('XML input: documents', () => {
  it('takes declarations, comments, CDATA, references and single quotes, with no end of line', () => {
    expectBlocks(
      `<?xml version="1.0" encoding="UTF-8"?>\n<!-- > -->${wrap('<A Value=\'&#x41;\u00e9>\'/><B><![CDATA[<&>]]></B><C> x </C><D Value="1"> </D><E/>')}`,
      ['A: A\u00e9>\r\nB: <&>\r\nC:  x \r\nD: 1\r\nE: \r\n']
    )
  })

  it('reads several in a row, each with its own declaration', () => {
    const one = `<?xml version="1.0"?>${wrap('<A Value="1"/>')}`
    expectBlocks(`${one}${one}\r\n\t ${one}`, ['A: 1\r\n', 'A: 1\r\n', 'A: 1\r\n'])
  })

  it('says how much of an action waits for its end', () => {
    const parser = xmlInput.createParser(defaultLimits)
    parser.push(Buffer.from(`${wrap('<A/>')}\r\n `))
    expect(parser.pendingBytes).toBe(0)
    parser.push(Buffer.from('<Aster'))
    expect(parser.pendingBytes).toBe(6)
  })

  it('makes a blank of a line break inside of a tag, as XML does, and never a header', () => {
    expectBlocks(wrap('<Action Value="Ping\r\nAction: Logoff"/>'), ['Action: Ping Action: Logoff\r\n'])
  })
})

describe('XML input: what is refused', () => {
  it.each([
    ['a line end by reference', wrap('<A Value="x&#13;&#10;B: y"/>')],
    ['LF by reference in a text', wrap('<A>x&#x0A;y</A>')],
    ['a line end in a text', wrap('<A>x\ny</A>')],
    ['NUL', wrap('<A Value="\0"/>')],
    ['NUL by reference', wrap('<A Value="&#0;"/>')],
    ['a colon in a name', wrap('<A:B Value="x"/>')],
    ['another document', '<AsteriskManagerOutput><A Value="1"/></AsteriskManagerOutput>'],
    ['a DOCTYPE', `<!DOCTYPE x [<!ENTITY a "b">]>${wrap('<A Value="&a;"/>')}`],
    ['an entity that nobody declared', wrap('<A Value="&nbsp;"/>')],
    ['an element in an element', wrap('<A><B/></A>')],
    ['another attribute', wrap('<A value="1"/>')],
    ['two values', wrap('<A Value="1" Value="2"/>')],
    ['an attribute of the document', '<AsteriskManagerInput a="b"><A/></AsteriskManagerInput>'],
    ['a Value and a text', wrap('<A Value="1">2</A>')],
    ['text between elements', wrap('<A/>x')],
    ['no element', wrap(' ')],
    ['tags that do not match', '<AsteriskManagerInput><A></B>'],
    ['a sign of less in a value', wrap('<A Value="<"/>')],
    ['another encoding', `<?xml version="1.0" encoding="ISO-8859-1"?>${wrap('<A Value="x"/>')}`],
    ['too many elements', wrap('<A/>'.repeat(1_001))]
  ])('%s', (_, text) => {
    const bytes = Buffer.from(text)
    const cuts = bytes.length > 1_000 ? [[bytes]] : [...everyCut(bytes)].map(({ chunks }) => chunks)
    for (const chunks of cuts) expect(read(chunks)).toEqual([invalid])
  })

  it('bytes that are not UTF-8', () => {
    expect(read([Buffer.from(wrap('<A Value="\xe9"/>'), 'latin1')])).toEqual([invalid])
  })

  it('a document over the limit, whole or not', () => {
    const limits = { maxBlockBytes: 100, maxHeaderBytes: 100 }
    const fits = wrap(`<A Value="${'x'.repeat(100 - wrap('<A Value=""/>').length)}"/>`)
    expect(read([Buffer.from(`${fits}\r\n${fits}`)], limits)).toHaveLength(2)
    expectBlocks(fits.replace('x', 'xx'), [expect.stringContaining('longer than 100 bytes')], limits)
    expectBlocks(`<${'A'.repeat(100)}`, [expect.stringContaining('longer than 100 bytes')], limits)
  })

  it('a value over the limit', () => {
    expectBlocks(wrap(`<A Value="${'x'.repeat(20)}"/>`), [expect.stringContaining('longer than 20 bytes')], {
      maxBlockBytes: 1_000,
      maxHeaderBytes: 20
    })
  })

  it('all that comes after an error', () => {
    const parser = xmlInput.createParser(defaultLimits)
    expect(() => parser.push(Buffer.from('x'))).toThrow(ProtocolError)
    expect(() => parser.push(Buffer.from(wrap('<A/>')))).toThrow(ProtocolError)
    expect(parser.pendingBytes).toBe(0)
  })
})

describe('XML input: generated bytes', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/)
  // Without what no header and no XML can hold; tab and blanks are changed in an attribute, so they go by reference.
  const value = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\0-\x1f\x7f\ufffe\uffff]/g, ''))
  const escapeXml = (text: string) => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)

  it('gives back the fields that were written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value, fc.boolean()), { minLength: 1, maxLength: 5 }), fc.nat(), (fields, seed) => {
        const bytes = Buffer.from(
          wrap(
            fields.map(([n, v, asText]) => (asText ? `<${n}>${escapeXml(v)}</${n}>` : `<${n} Value="${escapeXml(v)}"/>`)).join('')
          )
        )
        const cut = seed % bytes.length
        const expected = fields.map(([n, v]) => `${n}: ${v}\r\n`).join('')
        expect(read([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual([expected])
      })
    )
  })

  it('answers any bytes with blocks or one ProtocolError, however they are cut', () => {
    const piece = fc.constantFrom(
      '<AsteriskManagerInput>',
      '</AsteriskManagerInput>',
      '<A Value="1"/>',
      '<A>',
      '</A>',
      '&#10;',
      '&',
      '"',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      ' ',
      '\0',
      '<?xml version="1.0"?>',
      '\u00e9',
      '\xff'
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1')
        const byteByByte = read([...bytes].map((byte) => Buffer.from([byte])))
        // Blocks of the chunk that an error comes in are lost with it.
        const whole = read([bytes])
        if (byteByByte.every((block) => !block.startsWith('Invalid'))) expect(whole).toEqual(byteByByte)
        else expect(whole).toEqual([invalid])
      }),
      { numRuns: 1_000 }
    )
  })
})
