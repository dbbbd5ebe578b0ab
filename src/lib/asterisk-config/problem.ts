import { ConfigError } from '../errors.js'

/**
 * What is wrong, for programs. Those of `error` severity make Asterisk give the file up (all of it, but for an included file, of which what stands before the line
 * counts); the others drop a line, a name or a comment, with no more than a warning in Asterisk's log, or without one.
 */
export type ConfigProblemCode =
  | 'section-unclosed'
  | 'options-unclosed'
  | 'no-section'
  | 'template-missing'
  | 'append-missing'
  | 'append-filter'
  | 'inherits-itself'
  | 'include-missing'
  | 'file-missing'
  | 'invalid-escape'
  | 'too-large'
  | 'no-equals'
  | 'no-name'
  | 'unknown-directive'
  | 'no-argument'
  | 'exec-not-run'
  | 'line-too-long'
  | 'name-too-long'
  | 'path-too-long'
  | 'options-ignored'
  | 'nested-too-deep'
  | 'comment-unclosed'
  | 'include-level'
  | 'included-again'
  | 'not-a-file'
  | 'nul-byte'

export interface ConfigProblem {
  readonly severity: 'error' | 'warning'
  readonly code: ConfigProblemCode
  readonly message: string
  readonly file: string
  /** From 1. 0 when it is about the whole file. */
  readonly line: number
}

/** `file:line: message`. */
export function describeProblem({ file, line, message }: ConfigProblem): string {
  return line > 0 ? `${file}:${line}: ${message}` : `${file}: ${message}`
}

/** The first problem that is an error, thrown. @throws ConfigError with the file and the line, and all such problems in its details */
export function refuseConfigErrors(problems: readonly ConfigProblem[]): void {
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors[0]) throw new ConfigError(describeProblem(errors[0]), { details: { problems: errors } })
}
