import type { LoadedSection, LoadedSetting, SectionDraft, SettingDraft } from './section.js'
import { decode } from './text.js'

/** Text out of bytes. What is text already, and what sections share, stays one object: of 10,000 users with a template each setting would be there as often. */
export function finishSections(sections: readonly SectionDraft[], isAscii: boolean): readonly LoadedSection[] {
  if (isAscii) return sections
  const read = new Map<SettingDraft, LoadedSetting>()
  const settingOf = (draft: SettingDraft): LoadedSetting => {
    const known = read.get(draft)
    if (known) return known
    const name = decode(draft.name)
    const value = decode(draft.value)
    const setting = name === draft.name && value === draft.value ? draft : { ...draft, name, value }
    if (draft.isInherited) read.set(draft, setting)
    return setting
  }
  return sections.map((section) => ({
    ...section,
    name: decode(section.name),
    templates: section.templates.map(decode),
    settings: section.settings.map(settingOf)
  }))
}
