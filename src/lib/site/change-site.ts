import { checkSite } from './check-site.js'
import { missingEntry } from './edit.js'
import { newSecret, writtenEntry } from './new-entry.js'
import { SiteError, type SiteProblem, SiteProblems } from './problem.js'
import { parseSite, readEntries, type SiteInput } from './read-site.js'
import { type EditOptions, editSite, newErrors, problemsOf } from './site-file.js'
import { addValue, type SiteEntry } from './tree.js'

/** A user or trunk that was added, or was given a secret. */
export interface ChangedEntry {
  readonly name: string
  /** Only one that was made here: it stands in the file, and nowhere else. */
  readonly madeSecret: string | undefined
}

/** Reads users to be added, from a file, `-` or a database. @throws SiteError, what `readEntries` throws */
export async function readUsers(source: string, input: Omit<SiteInput, 'file' | 'users' | 'trunks'>): Promise<SiteEntry[]> {
  const problems = new SiteProblems()
  const entries = await readEntries(source, 'user', input, problems)
  problems.throwErrors()
  return entries
}

/**
 * Adds users to a site file. Who has no secret gets one. All are added, or none.
 * @param entries as they were read or typed; mistakes are told with their places
 * @throws what `editSite` throws
 */
export function addUsers(file: string, entries: readonly SiteEntry[], options: EditOptions): Promise<ChangedEntry[]> {
  return addEntries(file, 'user', entries, options)
}

/** Adds trunks. Their secrets are those of the provider: none is made. @throws what `editSite` throws */
export function addTrunks(file: string, entries: readonly SiteEntry[], options: EditOptions): Promise<ChangedEntry[]> {
  return addEntries(file, 'trunk', entries, options)
}

async function addEntries(
  file: string,
  kind: 'user' | 'trunk',
  entries: readonly SiteEntry[],
  options: EditOptions
): Promise<ChangedEntry[]> {
  const added = entries.map((entry): ChangedEntry => {
    const needsSecret = kind === 'user' && !hasValue(entry, 'secret') && !hasValue(entry, 'secret_file')
    const madeSecret = needsSecret ? newSecret() : undefined
    if (madeSecret !== undefined) addValue(entry, 'secret', { text: madeSecret, source: entry.source })
    return { name: entry.name, madeSecret }
  })
  return editSite(file, options, async (editor, bytes) => {
    const wrong = newErrors(await problemsOf(bytes, file), await problemsOf(bytes, file, { [`${kind}s`]: entries }))
    // Checked where they were written: in the new file they have other lines.
    const moved = entries.filter((entry) => isRelative(entry)).map(relativeSecretFile)
    if (wrong.length + moved.length > 0) throw new SiteError([...wrong, ...moved])
    for (const entry of entries) editor.add(writtenEntry(kind, entry))
    return added
  })
}

/** @returns was there one? @throws SiteError when others need it; what `editSite` throws */
export function removeUser(file: string, name: string, options: EditOptions): Promise<boolean> {
  return editSite(file, options, (editor) => editor.remove('user', name))
}

/** What came of the removal of a trunk. */
export interface RemovedTrunk {
  readonly isRemoved: boolean
  /** Who went out through it without naming it: through the next one now, or not any more. */
  readonly users: readonly string[]
}

/** @throws SiteError when users name it; what `editSite` throws */
export function removeTrunk(file: string, name: string, options: EditOptions): Promise<RemovedTrunk> {
  return editSite(file, options, async (editor, bytes) => {
    const problems = new SiteProblems()
    const users = checkSite(await parseSite(bytes, file, problems), problems)?.users ?? []
    const isRemoved = editor.remove('trunk', name)
    return { isRemoved, users: isRemoved ? users.filter(({ trunk }) => trunk === name).map((user) => user.name) : [] }
  })
}

/** Gives a secret to each user of the file who has none. @returns who got one. @throws what `editSite` throws */
export function makeMissingSecrets(file: string, options: EditOptions): Promise<ChangedEntry[]> {
  return editSite(file, options, async (editor, bytes) => {
    const { users } = await parseSite(bytes, file, new SiteProblems())
    const without = users.filter((user) => !hasValue(user, 'secret') && !hasValue(user, 'secret_file'))
    return without.map(({ name }): ChangedEntry => {
      if (name === '') throw missingEntry('user', name)
      const madeSecret = newSecret()
      editor.set('user', name, 'secret', madeSecret)
      return { name, madeSecret }
    })
  })
}

function hasValue({ fields }: SiteEntry, name: string): boolean {
  return fields.get(name)?.values.some(({ text }) => text !== '') === true
}

function isRelative(entry: SiteEntry): boolean {
  return (
    entry.source.line > 0 && hasValue(entry, 'secret_file') && !entry.fields.get('secret_file')!.values[0]!.text.startsWith('/')
  )
}

function relativeSecretFile({ name, source }: SiteEntry): SiteProblem {
  const message = `${name}: secret_file is no absolute path: it would be looked for beside the site file from now on`
  return { severity: 'error', code: 'value', message, ...source }
}
