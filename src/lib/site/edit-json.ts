import { missingEntry, type NewEntry, type SiteEditor } from './edit.js'

type JsonEntry = Record<string, unknown>
type People = Record<string, unknown> | JsonEntry[]

export class JsonEditor implements SiteEditor {
  readonly #root: Record<string, unknown>
  readonly #indentation: string
  readonly #end: string
  readonly #before: Uint8Array
  #isChanged = false

  constructor(bytes: Uint8Array) {
    this.#before = bytes
    const text = Buffer.from(bytes)
      .toString('utf8')
      .replace(/^\ufeff/, '')
    this.#root = JSON.parse(text) as Record<string, unknown>
    this.#indentation = /^\{\r?\n([ \t]+)/.exec(text)?.[1] ?? '  '
    this.#end = text.endsWith('\n') ? '\n' : ''
  }

  add({ kind, name, fields }: NewEntry): void {
    this.#isChanged = true
    const people = this.#people(kind)
    if (Array.isArray(people)) people.push({ name, ...Object.fromEntries(fields) })
    else people[name] = Object.fromEntries(fields)
  }

  set(kind: 'user' | 'trunk', name: string, field: string, value: string): void {
    const people = this.#people(kind)
    const own = Object.hasOwn(people, name) ? (people as JsonEntry)[name] : undefined
    const found = Array.isArray(people) ? people.find((one) => one.name === name) : (own ?? this.#root[`${kind}:${name}`])
    if (typeof found !== 'object' || found === null) throw missingEntry(kind, name)
    ;(found as JsonEntry)[field] = value
    this.#isChanged = true
  }

  remove(kind: 'user' | 'trunk', name: string): boolean {
    const people = this.#people(kind)
    if (Array.isArray(people)) {
      const index = people.findIndex((one) => one.name === name)
      if (index < 0) return false
      people.splice(index, 1)
      this.#isChanged = true
      return true
    }
    const [holder, key] = Object.hasOwn(people, name) ? [people, name] : [this.#root, `${kind}:${name}`]
    if (!Object.hasOwn(holder, key)) return false
    delete holder[key]
    this.#isChanged = true
    return true
  }

  toBytes(): Uint8Array {
    if (!this.#isChanged) return this.#before
    return Buffer.from(JSON.stringify(this.#root, null, this.#indentation) + this.#end)
  }

  #people(kind: 'user' | 'trunk'): People {
    const key = Object.keys(this.#root).find((one) => one.toLowerCase() === `${kind}s`) ?? `${kind}s`
    this.#root[key] ??= {}
    return this.#root[key] as People
  }
}
