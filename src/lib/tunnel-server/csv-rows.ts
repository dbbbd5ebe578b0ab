/** A record of CSV and the line that it begins on. */
export interface CsvRow {
  line: number
  fields: string[]
}

/**
 * Reads CSV (RFC 4180): fields in double quotes may have commas, line breaks and doubled quotes in them; lines end in LF or CR LF. Empty lines are left out.
 * @returns the rows, or the line on which a quote begins that never ends, or that has text behind it
 */
export function readCsv(text: string): { rows: CsvRow[] } | { brokenLine: number } {
  const rows: CsvRow[] = []
  let line = 1
  let at = 0
  while (at < text.length) {
    const row: CsvRow = { line, fields: [] }
    for (let isOver = false; !isOver; ) {
      let value: string
      if (text[at] === '"') {
        const end = closingQuote(text, at + 1)
        if (end < 0) return { brokenLine: row.line }
        value = text.slice(at + 1, end).replaceAll('""', '"')
        at = end + 1
        line += value.split('\n').length - 1
      } else {
        const end = text.slice(at).search(/[,\r\n]/)
        value = end < 0 ? text.slice(at) : text.slice(at, at + end)
        at += value.length
      }
      row.fields.push(value)
      if (text[at] === ',') {
        at++
        continue
      }
      isOver = true
      if (text.startsWith('\r\n', at)) at += 2
      else if (text[at] === '\n') at++
      else if (at < text.length) return { brokenLine: row.line }
      line++
    }
    if (row.fields.length > 1 || row.fields[0] !== '') rows.push(row)
  }
  return { rows }
}

/** Where the quote is that is not doubled; -1: there is none. An expression for it runs out of stack where a quote is missing in a file of some MB. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at
  return -1
}
