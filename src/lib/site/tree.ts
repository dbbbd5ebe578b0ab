import { suggestion } from '../nearest.js'
import type { SiteProblems } from './problem.js'
import type { SiteSource } from './site.js'

/** A value as it was written, and where. */
export interface Written {
  readonly text: string
  readonly source: SiteSource
}

/** A section, a user or a trunk as it was written. */
export interface SiteEntry {
  /** Empty when a user or trunk was given without a name. */
  readonly name: string
  /** By name in lower case; nested ones with dots: `tls.port`. Several values: a list, or a line that was repeated. */
  readonly fields: Map<string, WrittenField>
  readonly source: SiteSource
}

export interface WrittenField {
  readonly values: Written[]
  /** Written as a list: each value is one element. Otherwise a list stands in one text. */
  readonly isList: boolean
}

/** What all sources have in common, before anything of it is checked. */
export interface SiteTree {
  readonly file: string
  readonly sections: Map<SectionName, SiteEntry>
  readonly users: SiteEntry[]
  readonly trunks: SiteEntry[]
  /** Nothing of the file could be read: what is missing there is of no interest. */
  isUnread: boolean
}

export const sectionNames = [
  'site',
  'dial',
  'transport',
  'nat',
  'media',
  'rtp',
  'voicemail',
  'smtp',
  'sms',
  'ivr',
  'output'
] as const
export type SectionName = (typeof sectionNames)[number]

/** What a user and a trunk may have beside a name, in the order in which they are written. */
export const entryFields = {
  user: ['number', 'display', 'email', 'secret', 'secret_file', 'access', 'trunk', 'sms', 'max_contacts', 'codecs'],
  trunk: [
    'hosts',
    'match',
    'username',
    'secret',
    'secret_file',
    'register',
    'contact_user',
    'transport',
    'from_domain',
    'codecs',
    'dtmf',
    'qualify'
  ]
} as const satisfies Record<string, readonly string[]>

/** What may stand between brackets, for suggestions. */
const writtenSections = [...sectionNames, 'user:NAME', 'trunk:NAME']

export function emptyTree(file: string): SiteTree {
  return { file, sections: new Map(), users: [], trunks: [], isUnread: false }
}

/** What a section's name stands for. */
export type EntryKind =
  | { readonly kind: 'section'; readonly name: SectionName }
  | { readonly kind: 'user' | 'trunk'; readonly name: string }

/** `site`, `user:NAME`, `trunk:NAME`; undefined for anything else. The name behind the first colon may have colons itself. */
export function entryKind(written: string): EntryKind | undefined {
  const lower = written.toLowerCase()
  const section = sectionNames.find((name) => name === lower)
  if (section) return { kind: 'section', name: section }
  const colon = written.indexOf(':')
  const kind = colon < 0 ? undefined : lower.slice(0, colon)
  return kind === 'user' || kind === 'trunk' ? { kind, name: written.slice(colon + 1) } : undefined
}

/** Begins a section, user or trunk of this name. Undefined, and a problem is told, for one that does not exist or is there already. */
export function beginEntry(tree: SiteTree, written: string, source: SiteSource, problems: SiteProblems): SiteEntry | undefined {
  const kind = entryKind(written)
  if (!kind) {
    problems.error('unknown-section', source, `There is no section ${JSON.stringify(written)}`, nearestSection(written))
    return undefined
  }
  const entry: SiteEntry = { name: kind.name, fields: new Map(), source }
  if (kind.kind !== 'section') {
    ;(kind.kind === 'user' ? tree.users : tree.trunks).push(entry)
    return entry
  }
  const there = tree.sections.get(kind.name)
  if (there) {
    problems.error('repeated', source, `Section ${kind.name} is there already, in line ${there.source.line}`)
    return undefined
  }
  tree.sections.set(kind.name, entry)
  return entry
}

export function addValue(entry: SiteEntry, name: string, value: Written, isList = false): void {
  const key = name.toLowerCase()
  const field = entry.fields.get(key)
  if (field) field.values.push(value)
  else entry.fields.set(key, { values: [value], isList })
}

/** "Did you mean …?", else all there are. */
export function nearest(typed: string, names: readonly string[]): string {
  return suggestion(typed, names) ?? `There are ${names.join(', ')}.`
}

/** `usr:cleo` is user:cleo. */
function nearestSection(written: string): string {
  const colon = written.indexOf(':')
  const kind = colon < 0 ? undefined : suggestion(written.slice(0, colon), ['user', 'trunk'])
  return kind === undefined ? nearest(written, writtenSections) : kind.replace('?', `${written.slice(colon)}?`)
}
