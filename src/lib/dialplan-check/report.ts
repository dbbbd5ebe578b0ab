import type { Finding, Severity } from './finding.js'
import { type RuleCode, rules } from './rules.js'
import type { SourceLines } from './source-lines.js'

/** A line, and what stands there. */
export interface Spot {
  readonly file: string
  readonly line: number
  /** What the column is that of: a text of the line, so many characters into it; or the value of a setting. Default: the begin of the line. */
  readonly text?: string
  readonly inValue?: boolean
  readonly offset?: number
}

/** More of one code would be read by nobody, and 10,000 users share their faults. */
const maxFindingsOfACode = 200

/** Takes findings. What an ignore comment or `--ignore` names does not come in. */
export class Report {
  readonly findings: Finding[] = []
  /** How many of a code were left out because there are too many of it. */
  readonly leftOut = new Map<RuleCode, number>()
  readonly #lines: SourceLines
  readonly #isIgnored: (code: RuleCode, file: string, line: number) => boolean
  readonly #seen = new Set<string>()
  readonly #counts = new Map<RuleCode, number>()

  constructor(lines: SourceLines, isIgnored: (code: RuleCode, file: string, line: number) => boolean) {
    this.#lines = lines
    this.#isIgnored = isIgnored
  }

  /** @param hint what to do; default: what the rule says */
  add(code: RuleCode, spot: Spot, message: string, hint?: string): void {
    const { file, line } = spot
    const key = `${code}\n${file}\n${line}\n${message}`
    // Templates and includes bring a line up as often as they are used.
    if (this.#seen.has(key) || this.#isIgnored(code, file, line)) return
    this.#seen.add(key)
    const count = (this.#counts.get(code) ?? 0) + 1
    this.#counts.set(code, count)
    if (count > maxFindingsOfACode) {
      this.leftOut.set(code, count - maxFindingsOfACode)
      return
    }
    const rule: { severity: Severity; mend: string } = rules[code]
    this.findings.push({
      code,
      severity: rule.severity,
      file,
      line,
      column: this.#column(spot),
      message,
      hint: hint ?? rule.mend
    })
  }

  #column({ file, line, text, inValue, offset }: Spot): number {
    if (line === 0) return 0
    if (inValue) return this.#lines.columnOfValue(file, line, offset)
    return text === undefined ? this.#lines.start(file, line) : this.#lines.columnOf(file, line, text, offset)
  }
}
