import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Row, type RowFormat, renderRows } from '../../../../src/lib/cli/rows.js'

const rows: Row[] = [
  { Channel: 'PJSIP/100-1', Duration: 5, Variables: ['a=1', 'b=2'] },
  { Channel: 'PJSIP/2', State: 'Up', Duration: null, Extra: { x: 1 } }
]

const render = (list: Row[], format: RowFormat, columns?: string[], width = Number.POSITIVE_INFINITY) =>
  renderRows(list, format, { columns, width })

/** Reads CSV by RFC 4180. */
function readCsv(text: string): string[][] {
  const records: string[][] = [[]]
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  for (let match = field.exec(text); match; match = field.exec(text)) {
    records.at(-1)!.push(match[1]?.replaceAll('""', '"') ?? match[2]!)
    if (match[3] === '\r\n') records.push([])
    if (field.lastIndex === text.length) return records.slice(0, -1)
  }
  throw new Error(`no CSV: ${JSON.stringify(text)}`)
}

describe('renderRows as a table', () => {
  it('aligns the columns of all rows in the order in which they are first seen', async () => {
    expect(await render(rows, 'table')).toBe(
      'CHANNEL      DURATION  VARIABLES  STATE  EXTRA\nPJSIP/100-1  5         a=1 b=2\nPJSIP/2                           Up     {"x":1}\n'
    )
  })

  it('shows the columns that were asked for, in that order', async () => {
    expect(await render(rows, 'table', ['State', 'Channel', 'None'])).toBe(
      'STATE  CHANNEL      NONE\n       PJSIP/100-1\nUp     PJSIP/2\n'
    )
  })

  it('is only as wide as the terminal', async () => {
    const table = await render(rows, 'table', undefined, 20)
    expect(table.split('\n')[1]).toBe('PJSIP/100-1  5     …'.slice(0, 19).trimEnd().padEnd(19).concat('…'))
    for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(20)
  })

  it('escapes what a terminal would obey', async () => {
    expect(await render([{ Name: '\u001b[2J\nx' }], 'table')).toBe('NAME\n\\x1b[2J\\nx\n')
  })

  it('is empty without rows, and a head with columns', async () => {
    expect(await render([], 'table')).toBe('')
    expect(await render([], 'table', ['A'])).toBe('A\n')
  })

  it('takes very many rows', { timeout: 30_000 }, async () => {
    const many = Array.from({ length: 200_000 }, (_, i) => ({ N: i }))
    expect((await render(many, 'table')).length).toBeGreaterThan(1_000_000)
  })
})

describe('renderRows as JSON', () => {
  it('loses nothing', async () => {
    expect(JSON.parse(await render(rows, 'json'))).toEqual(rows)
    expect(await render([], 'json')).toBe('[]\n')
  })

  it('has null for a column that a row lacks', async () => {
    expect(JSON.parse(await render(rows, 'json', ['State', 'Duration']))).toEqual([
      { State: null, Duration: 5 },
      { State: 'Up', Duration: null }
    ])
  })

  it('is safe on a terminal', async () => {
    expect(await render([{ A: '\u009b2J' }], 'json')).toContain('\\u009b2J')
  })
})

describe('renderRows as NDJSON', () => {
  it('is a line a row', async () => {
    const lines = (await render([...rows, { A: 'x\ny' }], 'ndjson')).split('\n')
    expect(lines).toHaveLength(4)
    expect(lines.slice(0, 3).map((line) => JSON.parse(line))).toEqual([...rows, { A: 'x\ny' }])
    expect(await render([], 'ndjson')).toBe('')
  })
})

describe('renderRows as CSV', () => {
  it('has a head and ends its records in CRLF', async () => {
    expect(await render(rows, 'csv', ['Channel', 'Duration', 'Variables', 'Extra'])).toBe(
      'Channel,Duration,Variables,Extra\r\nPJSIP/100-1,5,a=1 b=2,\r\nPJSIP/2,,,"{""x"":1}"\r\n'
    )
  })

  it('quotes commas, quotes and every kind of line end', async () => {
    expect(await render([{ A: 'a,b', B: 'say "x"', C: '1\r\n2', D: '1\n2', E: '1\r2', F: ' x ' }], 'csv')).toBe(
      'A,B,C,D,E,F\r\n"a,b","say ""x""","1\r\n2","1\n2","1\r2", x \r\n'
    )
  })

  it('is read back by the rules of RFC 4180, whatever the texts', async () => {
    const text = fc.string({ unit: fc.constantFrom(',', '"', '\r', '\n', 'a', ' ', 'é', '\t', ';') })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, text, text), { minLength: 1 }), async (records) => {
        const csv = await render(
          records.map(([A, B, C]) => ({ A, B, C })),
          'csv'
        )
        expect(readCsv(csv)).toEqual([['A', 'B', 'C'], ...records])
      })
    )
  })
})
