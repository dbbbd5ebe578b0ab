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
export function writeConfig(sections: readonly NewSection[], comment?: string): Buffer {
  const parts = sections.map((section) => sectionLines(section).join('\n'))
  if (comment !== undefined) parts.unshift(commentText(comment).join('\n'))
  return Buffer.from(parts.map((part) => `${part}\n`).join('\n'))
}

/** The lines of a section, without their line ends. @throws DataError */
export function sectionLines({ name, settings, comment, ...options }: NewSection): string[] {
  const above = comment === undefined ? [] : commentText(comment)
  return [...above, sectionText(name, options), ...settings.map(settingText)]
}
