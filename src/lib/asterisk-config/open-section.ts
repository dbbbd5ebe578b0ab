import { Fatal, TooLarge } from './fatal.js'
import { type SectionIndex, UnknownFilter } from './find-section.js'
import { maxSectionNameBytes, maxSettings } from './limits.js'
import type { SectionLine } from './parse-line.js'
import type { ConfigProblemCode } from './problem.js'
import type { SectionDraft } from './section.js'
import { decode } from './text.js'

type Report = (code: ConfigProblemCode, message: string) => void

/**
 * Does what the line of a section says (config.c, process_text_line): a new section, at the end of the index, or the one that is appended to.
 * Its options are taken from left to right.
 * @returns the section that settings go to, and how many were copied into it
 * @throws Fatal for what is inherited from, or appended to, and is not there. TooLarge
 */
export function openSection(
  index: SectionIndex,
  { name, writtenName, options, ignored }: SectionLine,
  at: { file: string; line: number },
  report: Report
): { section: SectionDraft; inherited: number } {
  if (name !== writtenName)
    report('name-too-long', `Asterisk keeps ${maxSectionNameBytes} bytes of the name [${decode(writtenName)}]`)
  if (options === undefined && /^[ \t]+\(/.test(ignored)) {
    report('options-ignored', `${decode(ignored.trim())} is ignored: the parenthesis has to touch the bracket`)
  }
  const fresh: SectionDraft = { name, isTemplate: false, templates: [], settings: [], ...at }
  let section = fresh
  let inherited = 0
  for (const option of options ?? []) {
    if (option === '!') section.isTemplate = true
    else if (option[0] === '+') section = append(index, section, fresh, writtenName, option.slice(1))
    else inherited += inherit(index, section, option, maxSettings - inherited)
  }
  if (section === fresh) index.add(fresh)
  return { section, inherited }
}

/** `(+)`: what the section has so far goes to the end of the earlier one, which takes its place. */
function append(
  index: SectionIndex,
  section: SectionDraft,
  fresh: SectionDraft,
  writtenName: string,
  filter: string
): SectionDraft {
  const target = findTarget(index, writtenName, filter)
  if (!target) {
    throw new Fatal(
      'append-missing',
      `Section [${decode(writtenName)}] is to be appended to, but there is none before this line that is not a template`
    )
  }
  if (section === fresh) {
    target.isTemplate ||= fresh.isTemplate
    for (const setting of fresh.settings) target.settings.push(setting)
  }
  return target
}

function findTarget(index: SectionIndex, name: string, filter: string): SectionDraft | undefined {
  try {
    return index.findToAppendTo(name, filter)
  } catch (error) {
    if (!(error instanceof UnknownFilter)) throw error
    throw new Fatal(
      'append-filter',
      `The filter +${decode(filter)} has a regular expression (${decode(error.message)}) that is not known here`
    )
  }
}

/** @returns how many settings were copied. @throws TooLarge for more than there may be */
function inherit(index: SectionIndex, section: SectionDraft, name: string, most: number): number {
  const base = index.findBase(name)
  if (!base) {
    throw new Fatal('template-missing', `Section [${decode(name)}] is to be inherited from, but there is none before this line`)
  }
  if (base === section && base.settings.length > 0) {
    throw new Fatal('inherits-itself', `Section [${decode(name)}] inherits from itself: Asterisk would never end`)
  }
  if (base.settings.length > most) throw new TooLarge(`There are more than ${maxSettings} settings`)
  section.templates.push(base.name)
  for (const setting of base.settings) section.settings.push(index.inherited(setting))
  return base.settings.length
}
