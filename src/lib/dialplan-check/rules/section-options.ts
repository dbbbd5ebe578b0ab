import type { LoadedSection, LoadedSetting } from '../../asterisk-config/section.js'

/** The options of an object by name in lower case, each with all its settings, in order. */
export interface Options extends Iterable<readonly [name: string, settings: readonly LoadedSetting[]]> {
  get(name: string): readonly LoadedSetting[] | undefined
  has(name: string): boolean
}

/** What sections with the same templates begin with. */
interface Inherited {
  readonly settings: readonly LoadedSetting[]
  readonly options: ReadonlyMap<string, readonly LoadedSetting[]>
}

/**
 * Sorts the settings of sections by name. Sections with the same templates share what they inherit, which the reader gives them as the same objects: 10,000 users have it once.
 */
export class OptionReader {
  readonly #inherited = new Map<LoadedSetting, Inherited>()

  read({ settings }: LoadedSection): Options {
    const [first] = settings
    if (!first?.isInherited) return grouped(settings, 0, settings.length)
    const inherited = this.#inheritedOf(first, settings)
    return new LayeredOptions(inherited.options, grouped(settings, inherited.settings.length, settings.length))
  }

  #inheritedOf(first: LoadedSetting, settings: readonly LoadedSetting[]): Inherited {
    const known = this.#inherited.get(first)
    if (known?.settings.every((one, index) => settings[index] === one)) return known
    let end = 0
    while (settings[end]?.isInherited) end++
    const read = { settings: settings.slice(0, end), options: grouped(settings, 0, end) }
    this.#inherited.set(first, read)
    return read
  }
}

class LayeredOptions implements Options {
  readonly #below: ReadonlyMap<string, readonly LoadedSetting[]>
  readonly #above: ReadonlyMap<string, readonly LoadedSetting[]>

  constructor(below: ReadonlyMap<string, readonly LoadedSetting[]>, above: ReadonlyMap<string, readonly LoadedSetting[]>) {
    this.#below = below
    this.#above = above
  }

  get(name: string): readonly LoadedSetting[] | undefined {
    const above = this.#above.get(name)
    const below = this.#below.get(name)
    return above && below ? [...below, ...above] : (above ?? below)
  }

  has(name: string): boolean {
    return this.#above.has(name) || this.#below.has(name)
  }

  *[Symbol.iterator](): Generator<readonly [string, readonly LoadedSetting[]]> {
    for (const name of this.#below.keys()) yield [name, this.get(name)!]
    for (const [name, settings] of this.#above) if (!this.#below.has(name)) yield [name, settings]
  }
}

function grouped(settings: readonly LoadedSetting[], start: number, end: number): Map<string, LoadedSetting[]> {
  const options = new Map<string, LoadedSetting[]>()
  for (let index = start; index < end; index++) {
    const setting = settings[index]!
    const key = setting.name.toLowerCase()
    const same = options.get(key)
    if (same) same.push(setting)
    else options.set(key, [setting])
  }
  return options
}
