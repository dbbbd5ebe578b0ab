import { type AccountRow, columnFaults, columnKey } from './account-row.js'

interface Section {
  line: number
  values: Map<string, string>
  faults: string[]
}

/**
 * Rows of an ini file: a section for each account, whose name is `l_uuid`, and `column = value` lines. Comments begin a line with `;` or `#`. A value
 * ends with its line, `;` and all (`sip:10.0.0.1;transport=tls`); quotes keep the blanks around it. The library `ini` would cut values at `;`,
 * and sections at dots.
 */
export function readIniRows(text: string, file: string): AccountRow[] {
  const rows: AccountRow[] = []
  let section: Section | undefined
  const finish = () => {
    if (!section) return
    const { line, values, faults } = section
    rows.push({ values, source: `${file}:${line}`, faults: [...columnFaults([...values.keys()], 'refused'), ...faults] })
  }
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith(';') || line.startsWith('#')) continue
    const name = /^\[(.*)\]$/.exec(line)?.[1]
    if (name !== undefined) {
      finish()
      section = { line: index + 1, values: new Map([['l_uuid', name.trim()]]), faults: [] }
    } else if (section) {
      readLine(line, section, index + 1)
    } else {
      rows.push({ values: undefined, source: `${file}:${index + 1}`, faults: ['a line before the first [l_uuid]'] })
    }
  }
  finish()
  return rows
}

function readLine(line: string, { values, faults }: Section, number: number): void {
  const equals = line.indexOf('=')
  const column = columnKey(line.slice(0, Math.max(0, equals)))
  if (column === '') {
    faults.push(`line ${number} is not "column = value"`)
    return
  }
  const text = line.slice(equals + 1).trim()
  const quoted = /^"(.*)"$|^'(.*)'$/.exec(text)
  // Where the ini library, and Asterisk, would begin a comment, we would take it for the value: better to ask.
  if (!quoted && /\s[;#]/.test(text))
    faults.push(`line ${number}: a comment stands on a line of its own; quote the value if it is none`)
  if (column === 'l_uuid' && text !== values.get('l_uuid')) faults.push(`line ${number}: l_uuid is the name of the section`)
  else if (column !== 'l_uuid' && values.has(column)) faults.push(`line ${number}: ${column} twice`)
  values.set(column, quoted ? (quoted[1] ?? quoted[2] ?? '') : text)
}
