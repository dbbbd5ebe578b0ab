import { DataError } from '../errors.js'
import { SiteError, SiteProblems } from './problem.js'
import { parseSite, siteFormat } from './read-site.js'

/** A user or trunk to be written. */
export interface NewEntry {
  readonly kind: 'user' | 'trunk'
  readonly name: string
  /** In the order in which they are written. */
  readonly fields: readonly (readonly [name: string, value: string])[]
}

/** A site file that is changed, and keeps all else: comments, blank lines, order. */
export interface SiteEditor {
  /** @throws DataError for what the file cannot hold */
  add(entry: NewEntry): void
  /** Gives a field of a user or trunk that is there a value. @throws DataError when there is none of that name */
  set(kind: 'user' | 'trunk', name: string, field: string, value: string): void
  /** @returns was there one? @throws DataError when it cannot be taken out without harm */
  remove(kind: 'user' | 'trunk', name: string): boolean
  toBytes(): Uint8Array
}

/**
 * Opens the text of a site file for changes. ini keeps every other byte; YAML keeps its comments and order, and is laid out again by the library; JSON is
 * written again.
 * @throws SiteError for a file that cannot be read as what it is
 */
export async function openEditor(bytes: Uint8Array, file: string): Promise<SiteEditor> {
  const problems = new SiteProblems()
  await parseSite(bytes, file, problems)
  // A file that is understood only in part would be written back in part.
  const broken = problems.list.filter(({ code }) => code === 'syntax' || code === 'characters' || code === 'repeated')
  if (broken.length > 0) throw new SiteError(broken)
  switch (siteFormat(file, bytes)) {
    case 'ini':
      return new (await import('./edit-ini.js')).IniEditor(bytes, file)
    case 'yaml':
      return new (await import('./edit-yaml.js')).YamlEditor(bytes)
    case 'json':
      return new (await import('./edit-json.js')).JsonEditor(bytes)
  }
}

export function missingEntry(kind: 'user' | 'trunk', name: string): DataError {
  return new DataError(`There is no ${kind} ${name} in the file`)
}
