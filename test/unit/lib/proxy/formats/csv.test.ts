import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvOutput } from '../../../../../src/lib/proxy/formats/csv.js'
import { blockOfBytes, generatedLines } from './generated-blocks.js'
import { blockOfLines, recorded } from './recorded.js'

const readCsv = (bytes: Buffer): string[][] =>
  parse(bytes.toString('latin1'), { relax_column_count: true, skip_empty_lines: true })

describe('CSV output', () => {
  it('writes the recorded records of astmanproxy, without the blank between fields that RFC 4180 makes part of them', () => {
    const { csvOutput: records } = recorded()
    expect(records.length).toBeGreaterThan(5)
    for (const record of records) {
      const lines = record.trimEnd().slice(1, -1).split('", "')
      expect(csvOutput.encode(blockOfLines(lines), 'server').toString()).toBe(record.replaceAll('", "', '","'))
    }
  })

  it('doubles quotes, which astmanproxy did not', () => {
    expect(csvOutput.encode(blockOfLines(['A: "x", y', 'B: ']), 'server').toString()).toBe('"A: ""x"", y","B: "\r\n\r\n')
  })

  it('has the text of an old command output as Output fields', () => {
    const block = Buffer.from('Response: Follows\r\nPrivilege: Command\r\none\n\ntwo--END COMMAND--\r\nServer: pbx\r\n\r\n')
    expect(readCsv(csvOutput.encode(block, 'server'))).toEqual([
      ['Response: Follows', 'Privilege: Command', 'Output: one', 'Output: ', 'Output: two', 'Server: pbx']
    ])
  })

  it('is one record that gives the same bytes back, whatever a block holds', () => {
    fc.assert(
      fc.property(generatedLines, (lines) => {
        const csv = csvOutput.encode(blockOfBytes(lines), 'server')
        expect(readCsv(csv)).toEqual([lines.map((line) => line.toString('latin1'))])
        expect(csv.toString('latin1').split('\r\n\r\n')).toHaveLength(2)
      }),
      { numRuns: 500 }
    )
  })
})
