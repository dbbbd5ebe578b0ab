import { commentText, type NewSetting, type SectionOptions, sectionText, settingText } from './safe-text.js'

/** A section to be written. */
export interface NewSection extends SectionOptions {
  readonly name: string
  readonly settings: readonly NewSetting[]
  /** One or more lines above it. */
  readonly comment?: string
}

/**
 * A whole file, with one blank line between sections. The reader, ours and Asterisk's, reads back what was given.
 * @param comment one or more lines at the top
 * @throws DataError for names and values that a file cannot have
 */
export function writeConfig(sections: Iterable<NewSection>, comment?: string): Buffer {
  return Buffer.from(configText(sections, comment))
}

/** The same as a string. Sections may be made one after the other: those of 10,000 users need not be there at the same time. @throws DataError */
export function configText(sections: Iterable<NewSection>, comment?: string): string {
  const parts = comment === undefined ? [] : [`${commentText(comment).join('\n')}\n`]
  for (const section of sections) parts.push(`${sectionLines(section).join('\n')}\n`)
  return parts.join('\n')
}

/** The lines of a section, without their line ends. @throws DataError */
export function sectionLines({ name, settings, comment, ...options }: NewSection): string[] {
  const above = comment === undefined ? [] : commentText(comment)
  return [...above, sectionText(name, options), ...settings.map(settingText)]
}
