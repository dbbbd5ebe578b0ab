import { isUtf8 } from 'node:buffer'
import { type Document, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node } from 'yaml'
import { parseYaml } from './parse-yaml.js'
import type { SiteProblems } from './problem.js'
import type { SiteSource } from './site.js'
import { addValue, beginEntry, emptyTree, nearest, type SiteEntry, type SiteTree, sectionNames } from './tree.js'

/** A site has three: `transport`, `tls`, `port`. */
const maxDepth = 4
/** What 100,000 users have. Aliases could make more of a small file. */
const maxValues = 2_000_000

/** Each is looked for in all of the document. */
const maxAliases = 1_000

/**
 * Reads the same tree from YAML 1.2, or from JSON, which is a part of it. `users` and `trunks` are mappings by name or lists with `name`;
 * `"user:NAME"` as in the ini file is known as well.
 * @param only the document is nothing but the users, or the trunks
 */
export function readYaml(
  bytes: Uint8Array,
  file: string,
  format: 'yaml' | 'json',
  problems: SiteProblems,
  only?: 'users' | 'trunks'
): SiteTree {
  const tree = emptyTree(file)
  if (!isUtf8(bytes)) {
    problems.error('characters', { file, line: 0 }, 'The file is not UTF-8')
    tree.isUnread = true
    return tree
  }
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '')
  const lines = new LineCounter()
  const document = parseYaml(text, lines)
  const at = (offset: number | undefined): SiteSource => ({ file, line: offset === undefined ? 1 : lines.linePos(offset).line })
  const broken = format === 'json' ? jsonFault(text) : undefined
  if (broken !== undefined) problems.error('syntax', at(broken), 'This is no JSON')
  else
    for (const { message, pos } of [...document.errors, ...document.warnings])
      problems.error('syntax', at(pos[0]), message.replace(/\s+/g, ' '))
  tree.isUnread = broken !== undefined || document.errors.length > 0
  if (!tree.isUnread) new TreeReader(tree, document, at, problems).read(only)
  return tree
}

/** Where it is no JSON: YAML takes what JSON does not, such as a last comma. The error's message is not for anybody, because it quotes the text. */
function jsonFault(text: string): number | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return Number(/at position (\d+)/.exec((error as Error).message)?.[1] ?? text.length)
  }
}

class TreeReader {
  readonly #tree: SiteTree
  readonly #document: Document
  readonly #at: (offset: number | undefined) => SiteSource
  readonly #problems: SiteProblems
  #values = 0
  #aliases = 0

  constructor(tree: SiteTree, document: Document, at: (offset: number | undefined) => SiteSource, problems: SiteProblems) {
    this.#tree = tree
    this.#document = document
    this.#at = at
    this.#problems = problems
  }

  read(only: 'users' | 'trunks' | undefined): void {
    const { contents } = this.#document
    if (only !== undefined) return this.#people(only, contents, this.#at(undefined))
    if (isNothing(contents)) return
    for (const [name, value, source] of this.#pairs(contents, 'A site')) {
      const kind = name.toLowerCase()
      if (kind === 'users' || kind === 'trunks') this.#people(kind, value, source)
      else if (isNothing(value) && (sectionNames as readonly string[]).includes(kind)) continue
      else {
        const isKnown = /^(user|trunk):/i.test(name) || (sectionNames as readonly string[]).includes(kind)
        const entry = isKnown ? beginEntry(this.#tree, name, source, this.#problems) : undefined
        if (entry) this.#fill(entry, value, name)
        else if (!isKnown)
          this.#problems.error(
            'unknown-section',
            source,
            `There is no section ${JSON.stringify(name)}`,
            nearest(name, [...sectionNames, 'users', 'trunks'])
          )
      }
    }
  }

  #people(kind: 'users' | 'trunks', node: Node | null, source: SiteSource): void {
    if (isNothing(node)) return
    const list = this.#tree[kind]
    const resolved = this.#resolve(node)
    if (!isSeq(resolved)) {
      for (const [name, value, place] of this.#pairs(node, kind)) {
        const entry: SiteEntry = { name, fields: new Map(), source: place }
        list.push(entry)
        this.#fill(entry, value, `${kind} ${name}`)
      }
      return
    }
    for (const item of resolved.items as (Node | null)[]) {
      const entry: SiteEntry = { name: '', fields: new Map(), source: item?.range ? this.#at(item.range[0]) : source }
      this.#fill(entry, item, `An element of ${kind}`)
      list.push(withNameOfField(entry))
    }
  }

  #fill(entry: SiteEntry, node: Node | null, label: string): void {
    for (const [name, value, source] of this.#pairs(node, label)) this.#field(entry, name, value, source, 1)
  }

  #field(entry: SiteEntry, name: string, node: Node | null, source: SiteSource, depth: number): void {
    const resolved = this.#resolve(node)
    if (isMap(resolved) && depth < maxDepth) {
      for (const [inner, value, place] of this.#pairs(resolved, name))
        this.#field(entry, `${name}.${inner}`, value, place, depth + 1)
      return
    }
    const isList = isSeq(resolved)
    for (const item of isList ? (resolved.items as (Node | null)[]) : [resolved]) {
      const scalar = this.#resolve(item)
      const place = item?.range ? this.#at(item.range[0]) : source
      if (scalar !== null && !isScalar(scalar)) {
        this.#problems.error('syntax', place, `${name} has more inside than it can`)
        continue
      }
      if (scalar?.tag && scalar.tag !== 'tag:yaml.org,2002:str') this.#problems.error('syntax', place, `${name} has a tag`)
      if (++this.#values === maxValues) this.#problems.error('syntax', place, `There are more than ${maxValues} values`)
      if (this.#values >= maxValues) return
      const text = isNothing(scalar) ? '' : String(scalar!.value)
      addValue(entry, name, { text, source: place }, isList)
    }
    // `emergency: []` and `codecs:` say nothing.
    if (isList && resolved.items.length === 0) addValue(entry, name, { text: '', source }, true)
  }

  #pairs(node: Node | null, label: string): [name: string, value: Node | null, source: SiteSource][] {
    const map = this.#resolve(node)
    if (!isMap(map)) {
      if (!isNothing(map)) this.#problems.error('syntax', this.#at(node?.range?.[0]), `${label} is no mapping of names to values`)
      return []
    }
    return map.items.flatMap((pair) => {
      if (!isPair(pair) || !isScalar(pair.key)) return []
      const name = String(pair.key.value)
      return [[name, pair.value as Node | null, this.#at(pair.key.range?.[0])]]
    })
  }

  #resolve(node: Node | null): Node | null {
    if (!isAlias(node)) return node
    if (++this.#aliases > maxAliases) {
      if (this.#aliases === maxAliases + 1)
        this.#problems.error('syntax', this.#at(node.range?.[0]), `There are more than ${maxAliases} aliases`)
      return null
    }
    return node.resolve(this.#document) ?? null
  }
}

/** `null`, `~` or nothing, not in quotes. */
function isNothing(node: Node | null): boolean {
  return (
    node === null ||
    (isScalar(node) && (node.type ?? 'PLAIN') === 'PLAIN' && /^(|~|null|Null|NULL)$/.test(String(node.value ?? '')))
  )
}

/** A list's element has its name as a field. */
export function withNameOfField(entry: SiteEntry): SiteEntry {
  const field = entry.fields.get('name')
  entry.fields.delete('name')
  return { ...entry, name: field?.values[0]?.text ?? '' }
}
