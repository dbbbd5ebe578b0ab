import { createHash } from 'node:crypto'

/** A file for Asterisk's configuration folder, as it has to be written. */
export interface RenderedFile {
  readonly name: string
  readonly text: string
  /** 0600 where secrets are in it. */
  readonly mode: number
}

/** Whose a file is: rendered and untouched, rendered and edited by hand since, or never rendered. */
export type FileOrigin = 'rendered' | 'edited' | 'foreign'

const mark = 'Rendered by pbxkit, sha256:'
const seal = new RegExp(`^[;#] ${mark}([0-9a-f]{64})$`, 'm')

/**
 * Puts a first line above a text that names its SHA-256, so that hand edits are noticed. The same text always gives the same bytes, whichever other files there are:
 * a file whose data did not change is not written, and nothing has to be reloaded for it.
 * @param comment what begins a comment in that file's language
 */
export function sealText(body: string, comment: ';' | '#' = ';'): string {
  return `${comment} ${mark}${digestOf(body)}\n${body}`
}

/** Looks at a file that is there. */
export function originOf(text: string): FileOrigin {
  const lineEnd = text.indexOf('\n')
  const [, digest] = seal.exec(text.slice(0, lineEnd < 0 ? undefined : lineEnd)) ?? []
  if (digest === undefined) return 'foreign'
  return digestOf(text.slice(lineEnd + 1)) === digest ? 'rendered' : 'edited'
}

function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('hex')
}
