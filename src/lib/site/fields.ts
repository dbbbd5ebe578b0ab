import { unwritable } from './characters.js'
import type { SiteProblemCode, SiteProblems } from './problem.js'
import { Fault, type Rule } from './rule.js'
import type { SiteSource } from './site.js'
import { nearest, type SiteEntry, type Written } from './tree.js'

/** As much of a wrong value as a message repeats. */
const shownValueLength = 60

/**
 * Reads the fields of one section, user or trunk. What is wrong is told with its place, and the field counts as not given, so that the next one is looked at.
 * What nobody has asked for is unknown.
 */
export class Fields {
  readonly #entry: SiteEntry | undefined
  readonly #label: string
  readonly #problems: SiteProblems
  /** Names that were asked for: the fields that such an entry may have. */
  readonly #asked = new Set<string>()
  /** A section that is not there is looked for at the file as a whole. */
  readonly source: SiteSource

  /** @param label before the name of a field in messages: `site`, `user john` */
  constructor(entry: SiteEntry | undefined, label: string, file: string, problems: SiteProblems) {
    this.#entry = entry
    this.#label = label
    this.#problems = problems
    this.source = entry?.source ?? { file, line: 0 }
  }

  /** Was something written, be it wrong? */
  has(name: string): boolean {
    return this.#entry?.fields.get(name)?.values.some(({ text }) => text !== '') === true
  }

  /** The place of a field, else that of its section. */
  sourceOf(name: string): SiteSource {
    return this.#entry?.fields.get(name)?.values[0]?.source ?? this.source
  }

  /** The value of a field. Undefined without one, and for a wrong one. @param isSecret its value is in no message */
  one<T>(name: string, rule: Rule<T>, { isSecret = false }: { isSecret?: boolean } = {}): T | undefined {
    const written = this.#written(name)
    if (written.length === 0) return undefined
    const [first, second] = written
    if (second) {
      this.#problems.error('repeated', second.source, `${this.#name(name)} is given twice, first in line ${first!.source.line}`)
      return undefined
    }
    return this.#read(name, first!, rule, isSecret)
  }

  /** The elements of a list: a list of YAML, or texts with commas or blanks between them. Undefined without any. */
  list<T>(name: string, rule: Rule<T>): T[] | undefined {
    const isList = this.#entry?.fields.get(name)?.isList === true
    const written = this.#written(name).flatMap((one) =>
      isList || unwritable(one.text) ? [one] : one.text.split(/[, ]+/).map((text) => ({ ...one, text }))
    )
    const elements = written.filter(({ text }) => text !== '')
    // Counted as given everywhere else: `hosts = ,` would be neither missing nor there.
    if (written[0] && elements.length === 0)
      this.#problems.error('value', written[0].source, `${this.#name(name)} has nothing between its commas`)
    const values: T[] = []
    const seen = new Set<unknown>()
    for (const one of elements) {
      const value = this.#read(name, one, rule, false)
      if (value === undefined) continue
      if (seen.has(value)) this.#problems.error('repeated', one.source, `${this.#name(name)} has ${shown(one.text)} twice`)
      seen.add(value)
      values.push(value)
    }
    return values.length > 0 ? values : undefined
  }

  /** @returns the value; undefined, and a problem is told, when there is none */
  required<T>(name: string, rule: Rule<T>, hint?: string): T | undefined {
    const value = this.one(name, rule)
    if (value === undefined && !this.has(name))
      this.#problems.error('missing', this.source, `${this.#name(name)} is missing`, hint)
    return value
  }

  /** Names of fields that begin so, without this beginning: `1` of `key.1`. Each has still to be asked for. */
  namesUnder(beginning: string): string[] {
    const names = [...(this.#entry?.fields.keys() ?? [])].filter((name) => name.startsWith(beginning))
    return names.map((name) => name.slice(beginning.length))
  }

  /** A problem with a field. */
  refuse(name: string, code: SiteProblemCode, why: string, hint?: string): void {
    this.#problems.error(code, this.sourceOf(name), `${this.#name(name)} ${why}`, hint)
  }

  /** Something that works, but perhaps not as meant. */
  warn(name: string, code: SiteProblemCode, why: string, hint?: string): void {
    this.#problems.warning(code, this.sourceOf(name), `${this.#name(name)} ${why}`, hint)
  }

  /** Tells of the fields that nobody has asked for. To be called last. */
  refuseUnknown(): void {
    for (const [name, { values }] of this.#entry?.fields ?? []) {
      if (this.#asked.has(name)) continue
      const source = values[0]?.source ?? this.source
      this.#problems.error('unknown-field', source, `There is no ${this.#name(name)}`, nearest(name, [...this.#asked]))
    }
  }

  #written(name: string): Written[] {
    this.#asked.add(name)
    const values = this.#entry?.fields.get(name)?.values ?? []
    return values.filter(({ text }) => text !== '')
  }

  #read<T>(name: string, { text, source }: Written, rule: Rule<T>, isSecret: boolean): T | undefined {
    const unsafe = unwritable(text)
    const read = unsafe === undefined ? rule(text) : new Fault(unsafe)
    if (!(read instanceof Fault)) return read
    const code = isSecret ? 'secret' : unsafe === undefined ? 'value' : 'characters'
    this.#problems.error(code, source, `${this.#name(name)}${isSecret ? '' : ` ${shown(text)}`} ${read.why}`, read.hint)
    return undefined
  }

  #name(name: string): string {
    return this.#label === '' ? name : `${this.#label}${this.#label.includes(' ') ? ': ' : '.'}${name}`
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > shownValueLength ? `${text.slice(0, shownValueLength)}…` : text)
}
