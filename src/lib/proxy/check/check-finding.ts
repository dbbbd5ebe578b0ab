import { PbxkitError } from '../../errors.js'
import type { Finding } from '../legacy/finding.js'

/** What a check found; where there is no file, it is about the whole. A message never holds a secret. */
export type CheckFinding = Omit<Finding, 'file' | 'line' | 'column'> & Partial<Pick<Finding, 'file' | 'line' | 'column'>>

/** A failure as a finding: the place stands at the beginning of many messages. @throws what is no failure that we foresee */
export function findingOfError(error: unknown): CheckFinding {
  if (!(error instanceof PbxkitError)) throw error
  const code = error.code.replace(/^E_/, '').toLowerCase().replaceAll('_', '-')
  return { code, severity: 'error', ...placed(error.message), ...(error.hint && { hint: error.hint }) }
}

/** A remark for the person at the terminal as a finding. */
export function findingOfNote(message: string): CheckFinding {
  const readable = /^(.+?) holds a secret and is readable by others (\(mode \d+\)); run: (.*)$/.exec(message)
  if (!readable) return { code: 'note', severity: 'warning', ...placed(message) }
  const [, file, mode, command] = readable
  const text = `The file holds a secret and is readable by others ${mode}`
  return { code: 'readable-by-others', severity: 'warning', file: file!, message: text, hint: `Run: ${command}` }
}

/** Takes `file:line: ` off a message. */
function placed(text: string): Pick<CheckFinding, 'file' | 'line' | 'message'> {
  const match = /^(\/?[^:\n]+):(\d+): (.*)$/s.exec(text)
  return match ? { file: match[1]!, line: Number(match[2]), message: match[3]! } : { message: text }
}

const order = ['error', 'warning', 'info']

/** Each once; what is worst comes first, else in the order of files and lines. */
export function sortedFindings(findings: readonly CheckFinding[]): CheckFinding[] {
  const distinct = new Map(findings.map((finding) => [`${finding.file ?? ''}:${finding.line ?? ''}:${finding.message}`, finding]))
  return [...distinct.values()].sort(
    (a, b) =>
      order.indexOf(a.severity) - order.indexOf(b.severity) ||
      (a.file ?? '').localeCompare(b.file ?? '') ||
      (a.line ?? 0) - (b.line ?? 0)
  )
}
