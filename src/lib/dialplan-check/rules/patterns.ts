import type { Extension } from '../../dialplan/dialplan.js'
import type { Program } from '../program/program.js'
import type { Report } from '../report.js'

/** What a pattern says that is not meant. */
export function checkPatterns({ dialplan }: Program, report: Report): void {
  for (const context of dialplan.contexts.values()) for (const extension of context.patterns) checkPattern(extension, report)
}

function checkPattern({ name, priorities }: Extension, report: Report): void {
  const { file, line } = priorities[0]!
  const outside = name.replace(/\[[^\]]*\]/g, (set) => '\x01'.repeat(set.length))
  const end = outside.search(/[.!]/)
  if (end >= 0 && /[^\s-]/.test(outside.slice(end + 1))) {
    report.add(
      'pattern-tail',
      { file, line, text: name, offset: end + 1 },
      `${name.slice(end + 1)} stands behind ${name[end]} in ${name}`
    )
  }
  for (const { 0: word, index } of outside.slice(1).matchAll(/[A-Za-z]{2,}/g)) {
    // NXX and nxx are what they look like; a word with other letters is a word.
    if (!/[nxzNXZ]/.test(word) || /^[nxzNXZ]+$/.test(word)) continue
    report.add(
      'pattern-letters',
      { file, line, text: name, offset: index + 1 },
      `${word} in ${name}: its ${[...word].filter((letter) => /[nxz]/i.test(letter)).join(', ')} match digits`
    )
  }
}
