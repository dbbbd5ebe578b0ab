import type { Step } from '../program/step.js'
import { spotOf } from '../program/step.js'
import type { Report } from '../report.js'
import { checkExpression } from '../text/expression-syntax.js'
import { eachSubstitution } from '../text/substitutions.js'

/** `${…}` and `$[…]`. */
export function checkSyntax(step: Step, report: Report): void {
  for (const { at, message } of step.faults) report.add('unbalanced', spotOf(step, at), message)
  for (const one of eachSubstitution(step.substitutions)) {
    if (one.kind !== 'expression') continue
    const fault = checkExpression(step.text, one)
    if (fault)
      report.add('expression-syntax', spotOf(step, fault.at), `${fault.message} in ${step.text.slice(one.start, one.end)}`)
  }
}
