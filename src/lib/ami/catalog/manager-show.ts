import type { Documentation, DocumentedField } from './documentation.js'
import { classesOf } from './list-commands.js'

/** Bounds for a peer that is no Asterisk: the longest documentation of Asterisk 22 has 120 fields. */
const maxFields = 1_000
const maxLines = 20_000

/**
 * Reads what the CLI commands `manager show command NAME` and `manager show event NAME` print (Asterisk 13 to 22): a title, and sections in brackets.
 * Where several are documented in one text (the events of a list), the first is read, and the others are named.
 * @returns undefined when there is no such action or event: Asterisk says so with an empty text, or a sentence
 */
export function readManagerShow(text: string): Documentation | undefined {
  const lines = text.split(/\r?\n/, maxLines)
  const start = lines.findIndex((line) => titleOf(line) !== undefined)
  if (start < 0) return undefined
  const { kind, name } = titleOf(lines[start]!)!
  const own = sectionsOf(lines.slice(start + 1))
  const words = (section: string) => known(own.get(section)?.join(' '))
  const documentation: Documentation = { kind, name, fields: fieldsOf(own), source: 'server' }
  const synopsis = words('Synopsis')
  const description = known(own.get('Description')?.join('\n').replaceAll('\t', ' ').trim())
  const privilege = words('Privilege')
  const list = eventsIn(own.get('List Responses') ?? [])
  const complete = eventsIn(own.get('Final Response') ?? [])[0]
  return {
    ...documentation,
    ...(synopsis && { synopsis }),
    ...(description && { description }),
    ...(words('Since') && { since: words('Since') }),
    ...(words('Provided By') && { module: words('Provided By') }),
    ...(privilege && { privilege: classesOf(privilege) }),
    ...(list.length > 0 && { list }),
    ...(complete && { complete }),
    ...(words('See Also') && {
      seeAlso: words('See Also')!
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean)
    })
  }
}

function titleOf(line: string): { kind: 'action' | 'event'; name: string } | undefined {
  const match = /^ *-= Info about Manager (Command|Event) '([^']{1,80})' =- *$/.exec(line)
  return match ? { kind: match[1] === 'Event' ? 'event' : 'action', name: match[2]! } : undefined
}

const enclosing = new Set(['List Responses', 'Final Response'])

/** The sections of the first title. What stands in `[List Responses]` up to its end belongs to other titles. */
function sectionsOf(lines: readonly string[]): Map<string, string[]> {
  const sections = new Map<string, string[]>()
  let current: string[] = []
  let within: string | undefined
  for (const line of lines) {
    const name = /^\[([A-Z][A-Za-z ]{1,30})\] *$/.exec(line)?.[1]
    if (within !== undefined) {
      if (name === `End ${within}`) within = undefined
      else current.push(line)
    } else if (name !== undefined) {
      current = []
      // A second section of the same name is another title's: an event may be documented several times.
      if (!sections.has(name)) sections.set(name, current)
      if (enclosing.has(name)) within = name
    } else {
      current.push(line)
    }
  }
  return sections
}

/** Words that Asterisk writes where it has nothing to say. */
function known(text: string | undefined): string | undefined {
  const words = text?.replace(/[ \t]+/g, ' ').trim()
  return words === '' || words === 'Not available' || words === 'None' ? undefined : words
}

function eventsIn(lines: readonly string[]): string[] {
  return [...new Set(lines.flatMap((line) => titleOf(line)?.name ?? []))]
}

function fieldsOf(sections: ReadonlyMap<string, string[]>): DocumentedField[] {
  const texts = argumentsOf(sections.get('Arguments') ?? [])
  const fields = new Map<string, DocumentedField>()
  for (const line of sections.get('Syntax') ?? []) {
    const match = /^(\[)?([^:\]\s][^:\]]{0,80}):\]? <value>/.exec(line)
    if (!match || fields.has(match[2]!) || fields.size === maxFields) continue
    const name = match[2]!
    fields.set(name, { name, required: match[1] === undefined, ...texts.get(name) })
  }
  return [...fields.values()]
}

/** `[Arguments]`: a name at the margin, below it its text, indented; words that it may be stand one a line behind the text. */
function argumentsOf(lines: readonly string[]): Map<string, { text?: string; values?: string[] }> {
  const texts = new Map<string, string[]>()
  let current: string[] | undefined
  for (const line of lines) {
    if (/^\S/.test(line)) {
      current = []
      texts.set(line.trim(), current)
    } else if (line.trim() !== '') current?.push(line.replaceAll('\t', ' ').trim())
  }
  return new Map([...texts].map(([name, all]) => [name, splitValues(all)]))
}

/**
 * The words that a field may be stand one a line behind its text, or each with a text of its own (`stop - Stop the playback.`). Of a text that Asterisk has
 * wrapped at most the last line is one word, so a single word is none of them.
 */
function splitValues(lines: readonly string[]): { text?: string; values?: string[] } {
  const described = lines.flatMap((line) => /^([\w*+-]{1,60}) - \S/.exec(line)?.[1] ?? [])
  if (described.length > 1) return { text: lines.join(' '), values: described }
  let first = lines.length
  while (first > 0 && /^[\w*+-]{1,60}$/.test(lines[first - 1]!)) first--
  if (lines.length - first < 2) first = lines.length
  const text = lines.slice(0, first).join(' ')
  return { ...(text && { text }), ...(first < lines.length && { values: lines.slice(first) }) }
}

/** Reads `manager show events`: names in three columns under a ruled head. */
export function readEventNames(text: string): string[] {
  const lines = text.split(/\r?\n/, maxLines)
  const head = lines.findIndex((line) => /^ *-{5,}( +-{5,})* *$/.test(line))
  if (head < 0) return []
  const names = lines.slice(head + 1).flatMap((line) => line.trim().split(/\s+/))
  return [...new Set(names.filter((name) => /^[\w-]{1,80}$/.test(name)))].slice(0, 5_000)
}
