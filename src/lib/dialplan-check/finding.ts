import type { RuleCode } from './rules.js'

/** `info` is a remark: it never makes a check fail. */
export type Severity = 'error' | 'warning' | 'info'

/** Something that is wrong, and where. */
export interface Finding {
  readonly code: RuleCode
  readonly severity: Severity
  /** A whole path. */
  readonly file: string
  /** From 1; 0 when it is about the whole file. */
  readonly line: number
  /** From 1, in UTF-16 units; 0 when it is about the whole file. */
  readonly column: number
  readonly message: string
  /** What to do. */
  readonly hint: string
}

const order: readonly Severity[] = ['error', 'warning', 'info']

/** By file, in the order in which `files` has them, then by line and column; of two on one spot the worse one comes first. */
export function sortFindings(findings: readonly Finding[], files: readonly string[]): Finding[] {
  const rank = new Map(files.map((file, index) => [file, index]))
  const rankOf = ({ file }: Finding) => rank.get(file) ?? files.length
  return [...findings].sort(
    (a, b) =>
      rankOf(a) - rankOf(b) ||
      compare(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      order.indexOf(a.severity) - order.indexOf(b.severity) ||
      compare(a.code, b.code)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
