import { ConfigDocument } from '../asterisk-config/document.js'
import { missingEntry, type NewEntry, type SiteEditor } from './edit.js'
import { entryKind } from './tree.js'

export class IniEditor implements SiteEditor {
  readonly #document: ConfigDocument

  constructor(bytes: Uint8Array, file: string) {
    this.#document = ConfigDocument.parse(bytes, file)
  }

  add({ kind, name, fields }: NewEntry): void {
    const settings = fields.map(([field, value]) => ({ name: field, value }))
    this.#document.addSection({ name: `${kind}:${name}`, settings })
  }

  set(kind: 'user' | 'trunk', name: string, field: string, value: string): void {
    const section = this.#sectionOf(kind, name)
    if (section === undefined) throw missingEntry(kind, name)
    this.#document.set(section, field, value)
  }

  remove(kind: 'user' | 'trunk', name: string): boolean {
    const section = this.#sectionOf(kind, name)
    if (section === undefined) return false
    this.#document.removeSection(section)
    return true
  }

  toBytes(): Uint8Array {
    return this.#document.toBytes()
  }

  /** As it is written in the file. */
  #sectionOf(kind: 'user' | 'trunk', name: string): string | undefined {
    return this.#document.sections.find((section) => {
      const entry = entryKind(section.name)
      return entry?.kind === kind && entry.name === name
    })?.name
  }
}
