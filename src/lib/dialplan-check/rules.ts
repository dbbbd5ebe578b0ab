import { dialplanRules } from './rule-table/dialplan-rules.js'
import { fileRules } from './rule-table/file-rules.js'
import { flowRules } from './rule-table/flow-rules.js'
import { objectRules } from './rule-table/object-rules.js'
import { otherRules } from './rule-table/other-rules.js'
import type { Rule } from './rule-table/rule.js'

/** All rules, by family. Codes are stable over releases: ignore comments name them. */
export const rules = { ...fileRules, ...dialplanRules, ...flowRules, ...objectRules, ...otherRules } as const satisfies Record<
  string,
  Rule
>

export type RuleCode = keyof typeof rules

export const ruleCodes = Object.keys(rules) as RuleCode[]
