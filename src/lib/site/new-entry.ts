import { UsageError } from '../errors.js'
import { chosenText } from '../keygen/ami.js'
import type { NewEntry } from './edit.js'
import { entryFields, type SiteEntry } from './tree.js'

/** A new secret: 32 letters and digits, which mean nothing in any file. */
export function newSecret(): string {
  return chosenText({}).text
}

/** A user or trunk to be written, with its fields in the usual order; those without a value are left out. */
export function newEntry(kind: 'user' | 'trunk', name: string, values: Readonly<Record<string, string | undefined>>): NewEntry {
  const fields = entryFields[kind].flatMap((field) => {
    const value = values[field]
    return value === undefined || value === '' ? [] : [[field, value] as const]
  })
  return { kind, name, fields }
}

/**
 * What another file has, as it is to be written here. Users without a secret get one.
 * @throws UsageError for an entry with a relative secret_file, which would be looked for elsewhere from now on
 */
export function copiedEntry(kind: 'user' | 'trunk', { name, fields, source }: SiteEntry): NewEntry {
  const values: Record<string, string> = {}
  for (const [field, { values: written }] of fields) values[field] = written.map(({ text }) => text).join(', ')
  if (values.secret_file && !values.secret_file.startsWith('/'))
    throw new UsageError(`${source.file}:${source.line}: the secret_file of ${name} is no absolute path`, {
      hint: 'It would be looked for beside the site file.'
    })
  if (kind === 'user' && !values.secret && !values.secret_file) values.secret = newSecret()
  return newEntry(kind, name, values)
}
