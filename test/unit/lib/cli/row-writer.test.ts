import { Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { allColumns, callColumnSet, findColumns } from '../../../../src/lib/cli/list-columns.js'
import { Output } from '../../../../src/lib/cli/output.js'
import { createRowWriter } from '../../../../src/lib/cli/row-writer.js'
import type { RowFormat } from '../../../../src/lib/cli/rows.js'
import { Columns, ListRow } from '../../../../src/lib/voipmonitor/list-row.js'
import type { Value } from '../../../../src/lib/voipmonitor/values.js'

const columns = new Columns(['caller', 'duration'])
const sensor = { name: 's', address: { kind: 'unix', path: '/x' } } as const
const rowOf = (...values: Value[]) => ({ sensor, row: new ListRow(columns, values) })

async function written(format: RowFormat, batches: readonly (readonly ReturnType<typeof rowOf>[])[], names?: string[]) {
  const texts: string[] = []
  const out = new Output(
    new Writable({
      write(chunk, _, done) {
        texts.push(String(chunk))
        done()
      }
    }),
    () => {}
  )
  const writer = createRowWriter({
    format,
    columns: () => (names ? findColumns(callColumnSet, names) : allColumns(columns.names)),
    listName: 'calls',
    out
  })
  for (const batch of batches) await writer.write(batch)
  await writer.end({ total: 1 })
  return texts
}

it('a table does not wait for its last row, and keeps the widths of the first', async () => {
  const batches = Array.from({ length: 30 }, (_, at) => Array.from({ length: 100 }, () => rowOf(`${at}`, at * 60)))
  const texts = await written('table', batches, ['caller', 'duration'])
  expect(texts.length).toBeGreaterThan(10)
  const lines = texts.join('').trimEnd().split('\n')
  expect(lines).toHaveLength(3001)
  expect([lines[0], lines[1], lines[3000]]).toEqual(['CALLER  DURATION', '0       0:00', '29      29:00'])
})

it('what comes from the network cannot write on a terminal, and nothing is a dash', async () => {
  expect((await written('table', [[rowOf('\x1b[2J\n', null)]], ['caller', 'duration'])).join('')).toContain('\\x1b[2J\\n  -\n')
})

it('a document, lines and CSV have the same rows, and are whole without any', async () => {
  const rows = [[rowOf('a,"b', 1)], [rowOf(null, 3700)]]
  expect(JSON.parse((await written('json', rows)).join(''))).toEqual({
    calls: [
      { sensor: 's', caller: 'a,"b', duration: 1 },
      { sensor: 's', caller: null, duration: 3700 }
    ],
    total: 1
  })
  expect((await written('ndjson', rows)).join('')).toBe(
    '{"sensor":"s","caller":"a,\\"b","duration":1}\n{"sensor":"s","caller":null,"duration":3700}\n'
  )
  expect((await written('csv', rows)).join('')).toBe('sensor,caller,duration\r\ns,"a,""b",1\r\ns,,3700\r\n')
  expect(JSON.parse((await written('json', [])).join(''))).toEqual({ calls: [], total: 1 })
  expect((await written('ndjson', [])).join('')).toBe('')
  expect((await written('csv', [])).join('')).toBe('sensor,caller,duration\r\n')
  expect((await written('table', [], ['caller'])).join('')).toBe('CALLER\n')
})
