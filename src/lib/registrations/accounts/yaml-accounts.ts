import type { Document, LineCounter, Node, YAMLMap } from 'yaml'
import { DataError } from '../../errors.js'
import { type AccountRow, columnFaults, columnKey } from './account-row.js'

type Yaml = typeof import('yaml')

/**
 * Rows of a YAML document: a list of maps, or a map with such a list as `accounts`. Every value is the text that stands there: 0123 stays 0123, `no` stays `no`.
 * @throws DataError for what is no YAML; a message of the parser's own could quote a secret
 */
export async function readYamlRows(text: string, file: string): Promise<AccountRow[]> {
  const yaml = await import('yaml')
  const lines = new yaml.LineCounter()
  // failsafe: no numbers, dates and booleans are made of texts. Double keys are a fault of their row, not of the file.
  const document = yaml.parseDocument(text, { schema: 'failsafe', uniqueKeys: false, prettyErrors: false, lineCounter: lines })
  const [error] = document.errors
  if (error) throw new DataError(`${file}:${lines.linePos(error.pos[0]).line}: this is not YAML (${error.code})`)
  const top = document.contents
  const list = yaml.isMap(top) ? top.get('accounts', true) : top
  if (!yaml.isSeq(list)) throw new DataError(`${file} is neither a list of accounts nor a map with the list "accounts"`)
  return list.items.map((item) => rowOf(yaml, item as Node, { document, lines, file }))
}

interface Place {
  document: Document
  lines: LineCounter
  file: string
}

function rowOf(yaml: Yaml, item: Node, { document, lines, file }: Place): AccountRow {
  const source = `${file}:${lines.linePos(item?.range?.[0] ?? 0).line}`
  // What an alias stands for is looked at as it is, never copied: a document of aliases of aliases stays small.
  const resolved = (node: unknown) => (yaml.isAlias(node) ? node.resolve(document) : node)
  const map = resolved(item)
  if (!yaml.isMap(map)) return { values: undefined, source, faults: ['this is no map of columns and values'] }
  const values = new Map<string, string>()
  const faults: string[] = []
  const columns: string[] = []
  for (const { key, value } of (map as YAMLMap<unknown, unknown>).items) {
    const column = columnKey(yaml.isScalar(key) ? String(key.value) : '')
    columns.push(column)
    const text = textOf(yaml, column, resolved(value), resolved)
    if (text === undefined) faults.push(`${column}: neither text nor a list of texts`)
    else values.set(column, text)
  }
  return { values, source, faults: [...columnFaults(columns, 'refused'), ...faults] }
}

function textOf(yaml: Yaml, column: string, node: unknown, resolved: (node: unknown) => unknown): string | undefined {
  if (node === null || node === undefined) return ''
  if (yaml.isScalar(node)) return String(node.value ?? '')
  if (yaml.isSeq(node)) {
    const items = node.items.map(resolved)
    return items.every((one) => yaml.isScalar(one))
      ? items.map((one) => String((one as { value: unknown }).value)).join(',')
      : undefined
  }
  if (column !== 'extra_headers' || !yaml.isMap(node)) return undefined
  const pairs = node.items.map(({ key, value }) => [key, resolved(value)])
  if (!pairs.flat().every((one) => yaml.isScalar(one))) return undefined
  return JSON.stringify(Object.fromEntries(pairs.map((pair) => pair.map((one) => String((one as { value: unknown }).value)))))
}
