import { chosenText } from '../keygen/ami.js'
import type { NewEntry } from './edit.js'
import { addValue, entryFields, type SiteEntry } from './tree.js'

/** A new secret: 32 letters and digits, which mean nothing in any file. */
export function newSecret(): string {
  return chosenText({}).text
}

/** A user or trunk of flags or answers, as if it had been read. Fields without a value are left out. */
export function typedEntry(name: string, values: Readonly<Record<string, string | undefined>>): SiteEntry {
  const source = { file: 'command line', line: 0 }
  const entry: SiteEntry = { name, fields: new Map(), source }
  for (const [field, text] of Object.entries(values)) if (text) addValue(entry, field, { text, source })
  return entry
}

/** An entry that was checked, as it is to be written: its fields in the usual order, lists with commas. An empty value says nothing, as where it is read. */
export function writtenEntry(kind: 'user' | 'trunk', { name, fields }: SiteEntry): NewEntry {
  const written = entryFields[kind].flatMap((field) => {
    const given = (fields.get(field)?.values ?? []).flatMap(({ text }) => (text === '' ? [] : [text]))
    return given.length === 0 ? [] : [[field, given.join(', ')] as const]
  })
  return { kind, name, fields: written }
}
