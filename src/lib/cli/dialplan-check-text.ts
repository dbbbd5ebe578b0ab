import path from 'node:path'
import type { CheckResult } from '../dialplan-check/check-configuration.js'
import type { Finding, Severity } from '../dialplan-check/finding.js'
import { escapeControls } from './terminal-text.js'

type Paint = (text: string) => string

/** How a report is coloured; without a terminal nothing is. */
export interface CheckColors {
  readonly file: Paint
  readonly code: Paint
  readonly severity: Readonly<Record<Severity, Paint>>
}

const same: Paint = (text) => text
export const noColors: CheckColors = { file: same, code: same, severity: { error: same, warning: same, info: same } }

/** The colours for a stream: chalk knows the terminal, NO_COLOR and FORCE_COLOR. */
export async function checkColors(isTerminal: boolean): Promise<CheckColors> {
  if (!isTerminal && !process.env.FORCE_COLOR) return noColors
  const { default: chalk } = await import('chalk')
  return { file: chalk.bold, code: chalk.dim, severity: { error: chalk.red, warning: chalk.yellow, info: chalk.cyan } }
}

/** As it would be typed here: relative to the working directory where it lies below it. */
export function shownPath(file: string, workingFolder: string): string {
  const relative = path.relative(workingFolder, file)
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? file : relative
}

/**
 * The findings, one a line (`file:line:column severity code message`), and a last line that counts them. On a terminal those of a file stand below its name (`line:column …`), with what to do.
 * @param isGrouped for people rather than for `grep`
 */
export function checkText(
  result: CheckResult,
  { colors, isGrouped, workingFolder }: { colors: CheckColors; isGrouped: boolean; workingFolder: string }
): string {
  const lines: string[] = []
  let file: string | undefined
  for (const finding of result.findings) {
    const shown = escapeControls(shownPath(finding.file, workingFolder))
    if (isGrouped && finding.file !== file) lines.push(`${file === undefined ? '' : '\n'}${colors.file(shown)}`)
    file = finding.file
    lines.push(...(isGrouped ? grouped(finding, colors) : [plain(finding, shown)]))
  }
  for (const [code, count] of result.leftOut) lines.push(`${count} more ${code}`)
  return `${[...lines, ...(isGrouped && lines.length > 0 ? [''] : []), summary(result)].join('\n')}\n`
}

function plain({ line, column, severity, code, message }: Finding, file: string): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`
  return `${place} ${severity} ${code} ${escapeControls(message)}`
}

/** The file stands above. Places of up to four digits and two stand in a column. */
function grouped({ line, column, severity, code, message, hint }: Finding, colors: CheckColors): string[] {
  const place = (line === 0 ? '' : `${line}:${column}`).padEnd(7)
  const words = [place, colors.severity[severity](severity), colors.code(code), escapeControls(message)]
  return [`  ${words.filter((word) => word !== '').join(' ')}`, `      ${escapeControls(hint)}`]
}

function summary({ findings, files }: CheckResult): string {
  const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length
  const several = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
  return `${several(files.length, 'file')}: ${several(count('error'), 'error')}, ${several(count('warning'), 'warning')}, ${several(count('info'), 'remark')}`
}
