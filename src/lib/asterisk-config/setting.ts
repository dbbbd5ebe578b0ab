import { strip } from './comments.js'
import type { SettingLine } from './parse-line.js'
import type { SectionDraft } from './section.js'
import { sameIgnoringCase } from './text.js'

/**
 * Puts a setting into a section. `+=` looks for the last setting of exactly that name, appends to its value, and puts the outcome where the first setting stands that has this
 * name and this value in any case: which may be another one (config.c, process_text_line and ast_variable_update). Without an earlier one it is `=`.
 */
export function appendSetting(
  section: SectionDraft,
  line: SettingLine,
  { file, line: number }: { file: string; line: number }
): void {
  const { settings } = section
  const earlier = line.operator === '+=' ? settings.findLast(({ name }) => name === line.name) : undefined
  if (!earlier) {
    settings.push({ name: line.name, value: line.value, isArrow: line.operator === '=>', isInherited: false, file, line: number })
    return
  }
  const value = strip(earlier.value + line.appended)
  const target = settings.findIndex(
    (one) => sameIgnoringCase(one.name, earlier.name) && (earlier.value === '' || sameIgnoringCase(one.value, earlier.value))
  )
  const replaced = settings[target]!
  settings[target] = { ...replaced, name: earlier.name, value }
}
