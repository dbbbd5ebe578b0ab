import { isUtf8 } from 'node:buffer'
import type { SiteProblems } from './problem.js'
import { readYaml, withNameOfField } from './read-yaml.js'
import type { SiteSource } from './site.js'
import { addValue, entryFields, nearest, type SiteEntry } from './tree.js'

/** What a table may be written in. */
export type TableFormat = 'csv' | 'ndjson' | 'json' | 'yaml'

/** By the name's end, else by what the text begins with: `{` NDJSON, `[` JSON, else CSV. */
function tableFormat(file: string, text: string): TableFormat {
  const end = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase()
  if (end === 'csv' || end === 'ndjson' || end === 'json') return end
  if (end === 'jsonl') return 'ndjson'
  if (end === 'yaml' || end === 'yml') return 'yaml'
  const first = /[^\s\ufeff]/.exec(text)?.[0]
  return first === '{' ? 'ndjson' : first === '[' ? 'json' : 'csv'
}

/**
 * Reads users or trunks from CSV with a line of names (RFC 4180; also with `;` or tabs), NDJSON, or a JSON or YAML list.
 * @param file for messages; `-` is standard input
 */
export async function readTable(
  bytes: Uint8Array,
  file: string,
  kind: 'user' | 'trunk',
  problems: SiteProblems
): Promise<SiteEntry[]> {
  if (!isUtf8(bytes)) {
    problems.error('characters', { file, line: 0 }, 'The file is not UTF-8')
    return []
  }
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '')
  const format = tableFormat(file, text)
  switch (format) {
    case 'csv':
      return readCsv(text, file, kind, problems)
    case 'ndjson':
      return readNdjson(text, file, kind, problems)
    default: {
      const tree = readYaml(bytes, file, format, problems, `${kind}s`)
      return kind === 'user' ? tree.users : tree.trunks
    }
  }
}

/** @returns entries in the order of the rows */
async function readCsv(text: string, file: string, kind: 'user' | 'trunk', problems: SiteProblems): Promise<SiteEntry[]> {
  const { parse } = await import('csv-parse/sync')
  const delimiter = /^[^\r\n"]*/.exec(text)![0].includes(',') ? ',' : text.split(/\r?\n/, 1)[0]!.includes('\t') ? '\t' : ';'
  let rows: { record: string[]; info: { lines: number } }[]
  try {
    // Two commas too many are a mistake of the row, and told as one.
    rows = parse(text, {
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true
    }) as unknown as typeof rows
  } catch (error) {
    const { code, lines } = error as { code?: string; lines?: number }
    problems.error(
      'syntax',
      { file, line: lines ?? 0 },
      `This is no CSV (${code ?? 'unknown reason'})`,
      'A quote in a value is written twice.'
    )
    return []
  }
  const [header, ...rest] = rows
  if (!header) return []
  const names = header.record.map(fieldName)
  const headerLine: SiteSource = { file, line: 1 }
  const known = ['name', ...entryFields[kind]]
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index) problems.error('repeated', headerLine, `There are two columns ${name}`)
    if (!known.includes(name))
      problems.error('unknown-field', headerLine, `A ${kind} has no ${JSON.stringify(name)}`, nearest(name, known))
  }
  if (!names.includes('name')) {
    problems.error('missing', headerLine, 'There is no column name', 'The first line of CSV has the names of the columns.')
    return []
  }
  return rest.map(({ record, info }) => {
    const source = { file, line: info.lines - lineBreaks(record) }
    if (record.length !== names.length)
      problems.error('syntax', source, `This line has ${record.length} values for ${names.length} columns`)
    return objectEntry(
      Object.fromEntries(names.map((name, index) => [name, record[index] || null]).filter(([name]) => known.includes(name!))),
      source,
      problems
    )
  })
}

function lineBreaks(record: readonly string[]): number {
  return record.join('').split('\n').length - 1
}

function readNdjson(text: string, file: string, kind: string, problems: SiteProblems): SiteEntry[] {
  return text.split('\n').flatMap((row, index) => {
    if (row.trim() === '') return []
    const source = { file, line: index + 1 }
    let value: unknown
    try {
      value = JSON.parse(row)
    } catch {
      problems.error('syntax', source, 'This line is no JSON')
      return []
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      problems.error('syntax', source, `This line is no JSON object of a ${kind}`)
      return []
    }
    return [objectEntry(value as Record<string, unknown>, source, problems)]
  })
}

/** A JSON object, or a row of a database: values are text, numbers, booleans, null, or lists of them. */
export function objectEntry(row: Readonly<Record<string, unknown>>, source: SiteSource, problems: SiteProblems): SiteEntry {
  const entry: SiteEntry = { name: '', fields: new Map(), source }
  for (const [written, value] of Object.entries(row)) {
    const name = fieldName(written)
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === null || one === undefined) continue
      if (typeof one === 'object') problems.error('syntax', source, `${name} is no single value`)
      else if (entry.fields.has(name) && !Array.isArray(value)) problems.error('repeated', source, `${name} is given twice`)
      else addValue(entry, name, { text: String(one), source }, Array.isArray(value))
    }
  }
  return withNameOfField(entry)
}

/** `Max Contacts` and `max-contacts` are max_contacts. */
function fieldName(written: string): string {
  return written.trim().toLowerCase().replaceAll(/[ -]/g, '_')
}
