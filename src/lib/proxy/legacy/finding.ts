export type Severity = 'error' | 'warning' | 'info'

/** What a check of a file found, and where. A message never holds a secret: it goes to logs and to the screen. */
export interface Finding {
  /** Stable over releases: programs may depend on it. */
  code: string
  severity: Severity
  file: string
  /** Both count from 1. */
  line: number
  column: number
  message: string
  /** What to do next, as one sentence. */
  hint?: string | undefined
}

/** A place in the file that is being read. */
export interface Place {
  line: number
  column: number
}

/** Collects what is found in one file. */
export class Findings {
  readonly #file: string
  readonly #found: Finding[] = []

  constructor(file: string) {
    this.#file = file
  }

  add(severity: Severity, code: string, { line, column }: Place, message: string, hint?: string): void {
    this.#found.push({ code, severity, file: this.#file, line, column, message, ...(hint && { hint }) })
  }

  /** In the order of the file. */
  sorted(): Finding[] {
    return this.#found.toSorted((a, b) => a.line - b.line || a.column - b.column)
  }
}

/** A word of the file for a message: control characters escaped, and no longer than one line of a terminal can take. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}
