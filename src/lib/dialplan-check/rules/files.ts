import type { LoadedConfig } from '../../asterisk-config/load.js'
import type { ConfigProblem } from '../../asterisk-config/problem.js'
import type { Report } from '../report.js'
import { type RuleCode, rules } from '../rules.js'

/** What the reader found: the codes are its own. */
export function checkFiles(config: LoadedConfig, report: Report): void {
  const main = config.files[0]
  for (const problem of config.problems) {
    // Only files that are there are asked for.
    if (!Object.hasOwn(rules, problem.code)) continue
    report.add(problem.code as RuleCode, { file: problem.file, line: problem.line }, messageOf(problem, main))
  }
}

function messageOf({ severity, file, message }: ConfigProblem, main: string | undefined): string {
  if (severity !== 'error') return message
  return file === main ? message : `${message}; what follows in this included file is lost, and Asterisk loads the rest`
}
