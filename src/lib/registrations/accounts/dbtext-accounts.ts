import { type AccountRow, checkColumns, columnFaults, columnKey } from './account-row.js'

const definition = /^([A-Za-z_]\w*)\(\w+(?:,\w+)*\)$/

/** Is it the first line of a table of Kamailio's db_text? */
export function isDbtext(text: string): boolean {
  const first = /^[ \t\r\n]*([^\r\n]*)/.exec(text)?.[1] ?? ''
  return /^[A-Za-z_]\w*\(\w+(,\w+)*\)(\s|$)/.test(first)
}

/**
 * Rows of a table of db_text (Kamailio's `dbt_file.c`): `name(type[,null|auto]) …` in the first line, then a row a line, its fields between colons; `\n`, `\r`, `\t`, `\0`,
 * `\\` and `\:` are escapes.
 * @throws DataError without the columns that every account needs
 */
export function readDbtextRows(text: string, file: string): AccountRow[] {
  const rows: AccountRow[] = []
  let columns: string[] | undefined
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const source = `${file}:${index + 1}`
    if (columns) {
      rows.push(rowOf(line, columns, source))
      continue
    }
    const words = line.trim().split(/[ \t]+/)
    const strange = words.filter((word) => !definition.test(word))
    columns = words.map((word) => columnKey(word.split('(', 1)[0]!))
    checkColumns(columns, file)
    const faults = [...strange.map((word) => `${JSON.stringify(word)} is not name(type)`), ...columnFaults(columns, 'allowed')]
    if (faults.length > 0) rows.push({ values: undefined, source, faults })
  }
  if (!columns) checkColumns([], file)
  return rows
}

function rowOf(line: string, columns: readonly string[], source: string): AccountRow {
  const faults: string[] = []
  const fields = splitFields(line, faults)
  // Kamailio's own writer ends a row without a colon; by hand one is easily added.
  if (fields.length === columns.length + 1 && fields.at(-1) === '') fields.pop()
  if (fields.length !== columns.length) faults.push(`${fields.length} fields, where the first line has ${columns.length} columns`)
  return { values: new Map(columns.map((column, at) => [column, fields[at] ?? ''])), source, faults }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', '\\': '\\', ':': ':' }

function splitFields(line: string, faults: string[]): string[] {
  const fields = ['']
  for (let at = 0; at < line.length; at++) {
    let char = line[at]!
    if (char === ':') {
      fields.push('')
      continue
    }
    if (char === '\\') {
      const meant = escapes[line[++at] ?? '']
      if (meant === undefined) faults.push('a backslash that begins no escape')
      char = meant ?? ''
    }
    fields[fields.length - 1] += char
  }
  return fields
}
