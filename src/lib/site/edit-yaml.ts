import { type Document, isAlias, isMap, isScalar, isSeq, Pair, parseDocument, Scalar, YAMLMap, type YAMLSeq } from 'yaml'
import { DataError } from '../errors.js'
import { missingEntry, type NewEntry, type SiteEditor } from './edit.js'
import { yamlOptions } from './parse-yaml.js'

export class YamlEditor implements SiteEditor {
  readonly #document: Document
  readonly #before: Uint8Array
  #isChanged = false

  constructor(bytes: Uint8Array) {
    this.#before = bytes
    this.#document = parseDocument(Buffer.from(bytes).toString('utf8'), yamlOptions)
  }

  add({ kind, name, fields }: NewEntry): void {
    this.#isChanged = true
    const people = this.#people(kind) ?? this.#makePeople(kind)
    if (isSeq(people)) people.items.push(mapOf([['name', name], ...fields]))
    // `set` would look through all of them.
    else people.items.push(new Pair(scalar(name), mapOf(fields)))
    // `{}` and `[]` are written in one line.
    people.flow = false
  }

  set(kind: 'user' | 'trunk', name: string, field: string, value: string): void {
    const entry = this.#find(kind, name)?.entry
    if (!isMap(entry)) throw missingEntry(kind, name)
    entry.set(scalar(field), scalar(value))
    this.#isChanged = true
  }

  remove(kind: 'user' | 'trunk', name: string): boolean {
    const found = this.#find(kind, name)
    if (!found) return false
    const items = found.parent.items as unknown[]
    items.splice(found.index, 1)
    this.#isChanged = true
    if (items.length === 0 && found.parent !== this.#document.contents) found.parent.flow = true
    return true
  }

  toBytes(): Uint8Array {
    if (!this.#isChanged) return this.#before
    return Buffer.from(this.#document.toString({ lineWidth: 0 }))
  }

  #people(kind: 'user' | 'trunk'): YAMLMap | YAMLSeq | undefined {
    const { contents } = this.#document
    const pair = isMap(contents) ? contents.items.find(({ key }) => keyOf(key) === `${kind}s`) : undefined
    if (pair && isAlias(pair.value))
      throw new DataError(`The ${kind}s of the file are an alias`, { hint: 'Edit the file by hand.' })
    return isMap(pair?.value) || isSeq(pair?.value) ? pair.value : undefined
  }

  #makePeople(kind: 'user' | 'trunk'): YAMLMap {
    const { contents } = this.#document
    const root = isMap(contents) ? contents : new YAMLMap()
    if (root !== contents) this.#document.contents = root as never
    const made = new YAMLMap()
    const empty = root.items.find(({ key }) => keyOf(key) === `${kind}s`)
    if (empty) empty.value = made
    else root.items.push(new Pair(scalar(`${kind}s`), made) as never)
    return made
  }

  #find(kind: 'user' | 'trunk', name: string): { parent: YAMLMap | YAMLSeq; index: number; entry: unknown } | undefined {
    const people = this.#people(kind)
    if (isSeq(people)) {
      const index = people.items.findIndex((item) => isMap(item) && String(item.get('name')) === name)
      return index < 0 ? undefined : { parent: people, index, entry: people.items[index] }
    }
    const { contents } = this.#document
    for (const [parent, wanted] of [
      [people, name],
      [isMap(contents) ? contents : undefined, `${kind}:${name}`]
    ] as const) {
      const index = parent?.items.findIndex(({ key }) => isScalar(key) && String(key.value) === wanted) ?? -1
      if (parent && index >= 0) return { parent, index, entry: parent.items[index]!.value }
    }
    return undefined
  }
}

function mapOf(fields: readonly (readonly [string, string])[]): YAMLMap {
  const map = new YAMLMap()
  for (const [name, value] of fields) map.items.push(new Pair(scalar(name), scalar(value)))
  return map
}

/** In quotes where another reader of YAML would take it for a number or a yes. */
function scalar(text: string): Scalar<string> {
  const made = new Scalar(text)
  made.type =
    /^[a-z][\w.@-]*$/i.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text) ? Scalar.PLAIN : Scalar.QUOTE_DOUBLE
  return made
}

function keyOf(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value).toLowerCase() : undefined
}
