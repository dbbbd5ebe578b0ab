import type { TlsReport } from '../keygen/tls/check-certificate.js'
import { renderRows } from './rows.js'
import { escapeControls } from './terminal-text.js'

/** A report for people: facts, then what was found. */
export async function tlsReportText({ certificate, findings }: TlsReport, width: number): Promise<string> {
  const facts = Object.entries(certificate ?? {}).map(([name, value]) => {
    const text = [value].flat().join(', ').replaceAll('\n', ', ')
    return `${name.padEnd(16)}${escapeControls(text)}\n`
  })
  if (findings.length === 0) return `${facts.join('')}\nNothing is wrong.\n`
  const rows = findings.map(({ severity, code, message, hint }) => ({ severity, code, message, hint }))
  return `${facts.length > 0 ? `${facts.join('')}\n` : ''}${await renderRows(rows, 'table', { width })}`
}
