import { strip } from './comments.js'
import type { SectionDraft, SettingDraft } from './section.js'
import { sameIgnoringCase } from './text.js'

/** A filter that cannot be looked at: `[a](+name=(x|y))` has regular expressions, of which only plain text, `.`, `^` and `$` are known here. */
export class UnknownFilter extends Error {}

/**
 * The sections in their order, found by name. The first one of a name counts, whatever its case, and the name '' is that of every section (config.c, does_category_match).
 */
export class SectionIndex {
  readonly sections: SectionDraft[] = []
  readonly #byName = new Map<string, SectionDraft[]>()
  readonly #inherited = new Map<SettingDraft, SettingDraft>()

  /** A setting as heirs have it: one object for all of them. A setting is never changed where it stands, only replaced. */
  inherited(setting: SettingDraft): SettingDraft {
    if (setting.isInherited) return setting
    const known = this.#inherited.get(setting)
    if (known) return known
    const copy = { ...setting, isInherited: true }
    this.#inherited.set(setting, copy)
    return copy
  }

  add(section: SectionDraft): void {
    this.sections.push(section)
    const key = section.name.toLowerCase()
    const same = this.#byName.get(key)
    if (same) same.push(section)
    else this.#byName.set(key, [section])
  }

  /** What `(name)` inherits from: a template or any other section. */
  findBase(name: string): SectionDraft | undefined {
    return this.#named(name)[0]
  }

  /**
   * What `(+)` or `(+filter)` appends to. Without a filter, no template is found. A filter has parts `name=value`, all of which a setting has to match, as well as
   * `TEMPLATES=include` and `TEMPLATES=restrict`; they are put together with `&`.
   * @throws UnknownFilter
   */
  findToAppendTo(name: string, filter: string): SectionDraft | undefined {
    if (filter === '') return this.#named(name).find(({ isTemplate }) => !isTemplate)
    const parts = filter.split('&').map(strip)
    return this.#named(name).find((section) => matchesFilter(section, parts))
  }

  #named(name: string): readonly SectionDraft[] {
    if (name === '') return this.sections
    return (this.#byName.get(name.toLowerCase()) ?? []).filter((section) => sameIgnoringCase(section.name, name))
  }
}

function matchesFilter(section: SectionDraft, parts: readonly string[]): boolean {
  let isTemplateWelcome = false
  for (const part of parts) {
    const [name, value] = part.split('=').map(strip)
    if (value === undefined) return false
    if (name === 'TEMPLATES') {
      const wanted = value.toLowerCase()
      if (wanted !== 'include' && !(wanted === 'restrict' && section.isTemplate)) return false
      isTemplateWelcome ||= section.isTemplate
      continue
    }
    const isName = expression(name!)
    const isValue = expression(value)
    if (!section.settings.some((setting) => isName(setting.name) && isValue(setting.value))) return false
  }
  return !section.isTemplate || isTemplateWelcome
}

/** A POSIX expression without anything that repeats or groups: it is found in no more time than name times expression. */
function expression(source: string): (text: string) => boolean {
  if (/[*+?()[\]{}|\\]/.test(source)) throw new UnknownFilter(source)
  const found = new RegExp(source, 's')
  return (text) => found.test(text)
}
