import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { xml122Output, xmlOutput } from '../../../../../src/lib/proxy/formats/xml-output.js'
import { closeBlock } from '../../../../../src/lib/proxy/rewrite.js'
import { blockOfBytes, generatedLines } from './generated-blocks.js'
import { blockOfLines, linesOfXml, readXml, recorded } from './recorded.js'

const documents = recorded().xmlOutput.map((lines) => lines.join(''))
const encode = (lines: readonly string[]) => xmlOutput.encode(blockOfLines(lines), 'server').toString()

describe('XML output with the rule of astmanproxy 1.22', () => {
  it('writes the very bytes that were recorded', () => {
    expect(documents.length).toBeGreaterThan(20)
    for (const document of documents) {
      const origin = document.startsWith('<AsteriskManagerProxyOutput>') ? 'proxy' : 'server'
      expect(xml122Output.encode(blockOfLines(linesOfXml(document)), origin).toString()).toBe(document)
    }
  })

  it('gives a line up as text from 30 bytes on, counted when it is escaped', () => {
    const lines = [
      `A: ${'x'.repeat(26)}`,
      `A: ${'x'.repeat(27)}`,
      `A: ${'x'.repeat(21)}&`,
      `A: ${'x'.repeat(22)}&`,
      `A: ${'é'.repeat(14)}`
    ]
    const names = readXml(xml122Output.encode(blockOfLines(lines), 'server').toString()).elements.map(([name]) => name)
    expect(names).toEqual(['A', 'UnparsedText', 'A', 'UnparsedText', 'UnparsedText'])
  })

  it('gives a line up that begins with a blank or has no colon and blank', () => {
    const xml = xml122Output.encode(blockOfLines([' A: 1', 'A:1', 'A', 'A: ']), 'server').toString()
    expect(readXml(xml).elements).toEqual([
      ['UnparsedText', ' A: 1'],
      ['UnparsedText', 'A:1'],
      ['UnparsedText', 'A'],
      ['A', '']
    ])
  })

  it('is well-formed all the same', () => {
    fc.assert(
      fc.property(generatedLines, (lines) => {
        readXml(xml122Output.encode(blockOfBytes(lines), 'server').toString())
      })
    )
  })
})

describe('XML output', () => {
  it('gives every header its element, however long', () => {
    for (const document of documents.filter((text) => text.includes('Message: '))) {
      const lines = linesOfXml(document)
      expect(readXml(encode(lines)).elements.map(([name]) => name)).toEqual(lines.map((line) => line.split(':')[0]))
    }
  })

  it('keeps a line whole whose name can be no element', () => {
    expect(encode(['Event: Newchannel', 'ChanVariable(PJSIP/1-2): a=<b>', 'no colon', 'UnparsedText: x', ': y'])).toBe(
      '<AsteriskManagerOutput>\r\n' +
        ' <Event Value="Newchannel"/>\r\n' +
        ' <UnparsedText Value="ChanVariable(PJSIP/1-2): a=&lt;b&gt;"/>\r\n' +
        ' <UnparsedText Value="no colon"/>\r\n' +
        ' <UnparsedText Value="UnparsedText: x"/>\r\n' +
        ' <UnparsedText Value=": y"/>\r\n' +
        '</AsteriskManagerOutput>\r\n\r\n'
    )
  })

  it('keeps tabs and lone CRs through a reader, and has U+FFFD for what XML cannot say', () => {
    const block = Buffer.concat([Buffer.from('A: 1\t2\r3\0\x1b\ufffe'), Buffer.from([0xff]), Buffer.from('\r\n\r\n')])
    const xml = xmlOutput.encode(block, 'server').toString()
    expect(readXml(xml).elements).toEqual([['A', '1\t2\r3\ufffd\ufffd\ufffd\ufffd']])
  })

  it('has the text of an old command output as Output elements, and the header behind it', () => {
    const answer = Buffer.from('Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\n a: b\n\n<x>\n--END COMMAND--\r\n\r\n')
    expect(readXml(xmlOutput.encode(closeBlock(answer, 'Server: pbx\r\n'), 'server').toString()).elements).toEqual([
      ['Response', 'Follows'],
      ['Privilege', 'Command'],
      ['ActionID', '1'],
      ['Output', ' a: b'],
      ['Output', ''],
      ['Output', '<x>'],
      ['Server', 'pbx']
    ])
  })

  it('is well-formed and loses nothing, whatever a block holds', () => {
    fc.assert(
      fc.property(generatedLines, (lines) => {
        const xml = xmlOutput.encode(blockOfBytes(lines), 'proxy').toString()
        const expected = lines.map((line) =>
          line
            .toString()
            .replace(/[\0-\x08\x0b-\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
            // An element does not say whether a blank stood behind the colon.
            .replace(/^([A-Za-z_][\w.-]*):(?! )/, (whole, name) =>
              /^xml/i.test(name) || name === 'UnparsedText' ? whole : `${name}: `
            )
        )
        expect(linesOfXml(xml)).toEqual(expected)
        expect(xml.split('\r\n\r\n')).toHaveLength(2)
      }),
      { numRuns: 500 }
    )
  })
})
