import type { Report } from './context-builder.js'
import { hintPriority } from './dialplan.js'

export interface ParsedPriority {
  readonly number: number
  readonly label: string | undefined
}

/**
 * Reads a priority: a number, `n` or `next`, `s` or `same`, `hint`, or a label of an earlier line; each with `(label)` and `+offset` (pbx_config.c).
 * @param last that of the line before, in this section
 * @param findLabel the priority of a label of this extension
 * @returns undefined, with a report, when Asterisk drops the line
 */
export function parsePriority(
  field: string,
  last: number | undefined,
  findLabel: (label: string) => number | undefined,
  report: Report
): ParsedPriority | undefined {
  const text = field.trim()
  const open = text.indexOf('(')
  const close = text.indexOf(')', open)
  if (open >= 0 && close < 0) {
    report('label-unclosed', `No closing parenthesis of the label in ${text}; the line is ignored`)
    return undefined
  }
  const label = open < 0 ? undefined : text.slice(open + 1, close)
  const [word = '', offset = '0'] = split(open < 0 ? text : text.slice(0, open))
  const number = baseOf(word, last, findLabel, report)
  if (number === undefined) return undefined
  if (number === 0) {
    report('next-after-hint', `Priority ${word} after a hint is 0: Asterisk ignores the line without a word`)
    return undefined
  }
  return { number: number + (Number.parseInt(offset, 10) || 0), label: label || undefined }
}

function split(text: string): string[] {
  const plus = text.indexOf('+')
  return plus < 0 ? [text] : [text.slice(0, plus), text.slice(plus + 1)]
}

function baseOf(
  word: string,
  last: number | undefined,
  findLabel: (label: string) => number | undefined,
  report: Report
): number | undefined {
  if (word === 'hint') return hintPriority
  const step = word === 'n' || word === 'next' ? 1 : word === 's' || word === 'same' ? 0 : undefined
  if (step !== undefined) {
    if (last !== undefined) return last + step
    report('next-without-priority', `${word} has no priority before it in this section; the line is ignored`)
    return undefined
  }
  const digits = /^\s*[+-]?\d+/.exec(word)
  const number = digits ? Number(digits[0]) : findLabel(word)
  if (number !== undefined && number >= 1) {
    // Looking for it makes Asterisk 22.10.1 build its search tree too early, and a later reload may kill it.
    if (!digits)
      report(
        'priority-by-label',
        `${word} is a label in the place of a priority: with some other lines Asterisk dies of it at a reload`
      )
    return number
  }
  report('priority-invalid', `${word} is no priority, and no label of an earlier line of this extension; the line is ignored`)
  return undefined
}
