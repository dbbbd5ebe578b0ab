import { ExitStatus, PbxkitError } from '../errors.js'
import type { SiteSource } from './site.js'

/** What is wrong with a site, for programs. */
export type SiteProblemCode =
  | 'syntax'
  | 'unknown-section'
  | 'unknown-field'
  | 'missing'
  | 'repeated'
  | 'not-unique'
  | 'characters'
  | 'value'
  | 'secret'
  | 'reference'
  | 'conflict'
  | 'trunk-by-name'
  | 'port-without-match'

export interface SiteProblem {
  readonly severity: 'error' | 'warning'
  readonly code: SiteProblemCode
  /** Names the field, and never a secret. */
  readonly message: string
  readonly file: string
  /** From 1. 0 when it is about the whole file. */
  readonly line: number
  readonly hint?: string
}

/** As many as a person reads; `details` has them all. */
const shownProblems = 50

/** A site cannot be used. The message has a line for each error, `details.problems` all errors and warnings. */
export class SiteError extends PbxkitError {
  readonly code = 'E_SITE'
  readonly exit = ExitStatus.data
  /** By file and line. */
  readonly problems: readonly SiteProblem[]

  constructor(problems: readonly SiteProblem[]) {
    const files = [...new Set(problems.map(({ file }) => file))]
    const inOrder = problems.toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line)
    const errors = inOrder.filter(({ severity }) => severity === 'error')
    const lines = errors.slice(0, shownProblems).map(describeSiteProblem)
    if (errors.length > shownProblems) lines.push(`and ${errors.length - shownProblems} more`)
    super(lines.join('\n'), { details: { problems: inOrder } })
    this.problems = inOrder
  }
}

/** `file:line: message. hint` */
export function describeSiteProblem({ file, line, message, hint }: SiteProblem): string {
  return `${file}${line > 0 ? `:${line}` : ''}: ${message}${hint === undefined ? '' : `. ${hint}`}`
}

/** Collects what is wrong, so that all of it is told at once. */
export class SiteProblems {
  readonly list: SiteProblem[] = []

  get hasErrors(): boolean {
    return this.list.some(({ severity }) => severity === 'error')
  }

  error(code: SiteProblemCode, { file, line }: SiteSource, message: string, hint?: string): void {
    this.list.push({ severity: 'error', code, message, file, line, ...(hint !== undefined && { hint }) })
  }

  warning(code: SiteProblemCode, { file, line }: SiteSource, message: string, hint?: string): void {
    this.list.push({ severity: 'warning', code, message, file, line, ...(hint !== undefined && { hint }) })
  }

  /** @throws SiteError when there is an error */
  throwErrors(): void {
    if (this.hasErrors) throw new SiteError(this.list)
  }
}
