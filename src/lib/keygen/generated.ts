import { UsageError } from '../errors.js'

/** How a secret can be written: alone, or as lines for the place where it is kept. */
export const keyFormats = ['value', 'conf', 'php', 'sql', 'json', 'ini', 'env'] as const
export type KeyFormat = (typeof keyFormats)[number]

/** What was made, in every form that this kind knows. Facts and texts hold secrets; the note does not, and may be shown anywhere. */
export interface Generated {
  /** The JSON document of it. */
  readonly facts: Readonly<Record<string, unknown>>
  /** Each ends with a line end. */
  readonly texts: Readonly<Partial<Record<KeyFormat, string>>>
  readonly preferred: KeyFormat
  readonly note?: string | undefined
}

/** The text in a format, the kind's own unless one is wanted. @throws UsageError for a format that this kind does not know */
export function renderGenerated(type: string, { facts, texts, preferred }: Generated, format: KeyFormat = preferred): string {
  const text = format === 'json' ? (texts.json ?? `${JSON.stringify(facts, null, 2)}\n`) : texts[format]
  if (text !== undefined) return text
  const known = [...new Set([...Object.keys(texts), 'json'])].join(', ')
  throw new UsageError(`--type ${type} cannot be written with --format ${format}`, { hint: `It can be: ${known}.` })
}

/** `'text'` for a POSIX shell: nothing in single quotes has a meaning but the quote itself. */
export function shellQuoted(text: string): string {
  return /^[\w+/=.:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/**
 * A value that can stand in a line of an ini or conf file as it is. @throws UsageError for what ends a value or begins a comment there
 * @param what names it in the message, which does not repeat it
 */
export function lineValue(text: string, what: string): string {
  if (/[\r\n\0;]|^[\s"'[]|\s$/.test(text)) {
    throw new UsageError(
      `${what} cannot stand in this file: it has a line break, a ";" or a blank, quote or bracket at its edge`,
      {
        hint: 'Choose another one, or --format json.'
      }
    )
  }
  return text
}
