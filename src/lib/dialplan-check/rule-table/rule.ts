import type { Severity } from '../finding.js'

/** What a code stands for. The table in docs/dialplan-check.md is made of it. */
export interface Rule {
  readonly severity: Severity
  readonly says: string
  readonly why: string
  /** What to do, where the finding itself does not say it better. */
  readonly mend: string
}

const rule = (severity: Severity, says: string, why: string, mend: string): Rule => ({ severity, says, why, mend })

export const error = (says: string, why: string, mend: string) => rule('error', says, why, mend)
export const warning = (says: string, why: string, mend: string) => rule('warning', says, why, mend)
export const info = (says: string, why: string, mend: string) => rule('info', says, why, mend)

export const dropsFile = 'Asterisk gives the whole file up; of an included file, all that follows this line'
export const dropsLine = 'Asterisk drops the line with no more than a warning in its log'
