import { isUtf8 } from 'node:buffer'
import { type DocumentLine, readDocumentLines } from '../asterisk-config/document-line.js'
import { maxLineBytes } from '../asterisk-config/limits.js'
import { decode } from '../asterisk-config/text.js'
import type { SiteProblems } from './problem.js'
import type { SiteSource } from './site.js'
import { addValue, beginEntry, emptyTree, type SiteEntry, type SiteTree } from './tree.js'

/**
 * Reads `privatedial.ini`: Asterisk's configuration language, so that names have dots, comments begin with `;` and `\;` is a semicolon; without templates,
 * includes and whatever Asterisk would drop with a warning, because a site that lost a line in silence is another site.
 */
export function readIni(bytes: Uint8Array, file: string, problems: SiteProblems): SiteTree {
  const tree = emptyTree(file)
  const lines = readDocumentLines(bytes)
  const isPlain = isPlainText(bytes)
  let entry: SiteEntry | 'none' | 'refused' = 'none'
  let commentAt: number | undefined
  lines.forEach((line, index) => {
    const source: SiteSource = { file, line: index + 1 }
    const why = isPlain && line.raw.length < maxLineBytes ? undefined : unreadable(line)
    if (why) problems.error('characters', source, `The line ${why}`)
    if (line.depthBefore === 0 && line.depthAfter !== 0) commentAt = index + 1
    const { parsed } = line
    switch (parsed.kind) {
      case 'section': {
        const name = decode(parsed.writtenName)
        entry = beginEntry(tree, name, source, problems) ?? 'refused'
        if (parsed.options || parsed.ignored !== '')
          problems.error('syntax', source, `There is something behind [${name}]`, 'A site has no templates.')
        break
      }
      case 'setting':
        if (entry === 'none') problems.error('syntax', source, `${decode(parsed.name)} stands before any section`)
        if (isGluedComment(line))
          problems.error(
            'characters',
            source,
            `A ; directly behind the value of ${decode(parsed.name)} begins a comment`,
            'Write \\; for a semicolon, or a blank before a comment.'
          )
        if (parsed.operator === '+=') problems.error('syntax', source, 'Values are given with =, not with +=')
        if (typeof entry !== 'string') addValue(entry, decode(parsed.name), { text: decode(parsed.value), source })
        break
      case 'directive':
        problems.error(
          'syntax',
          source,
          `A site has no #${parsed.directive}`,
          'Users and trunks of other files are given with --users and --trunks.'
        )
        break
      case 'faulty':
        problems.error('syntax', source, decode(parsed.message))
    }
  })
  if ((lines.at(-1)?.depthAfter ?? 0) !== 0 && commentAt !== undefined)
    problems.error('syntax', { file, line: commentAt }, 'A ;-- comment begins here and never ends')
  return tree
}

/** Most sites are ASCII and need no look at each line. */
function isPlainText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x09)
}

/** What Asterisk's reader would drop or cut without a word. */
function unreadable({ raw }: DocumentLine): string | undefined {
  if (raw.length > maxLineBytes - 1 && raw.replace(/\r?\n$/, '').length > maxLineBytes - 1)
    return `is longer than ${maxLineBytes - 1} bytes`
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)/.test(raw)) return 'has a control character'
  if (/[\x80-\xff]/.test(raw) && !isUtf8(Buffer.from(raw, 'latin1'))) return 'is not UTF-8'
  return undefined
}

/** `secret = pa;ss`: what follows is lost, and nobody has meant that. */
function isGluedComment({ raw, depthBefore, parsed }: DocumentLine): boolean {
  if (depthBefore !== 0 || parsed.kind !== 'setting' || parsed.value === '') return false
  const comment = /(?<!\\);/.exec(raw)
  return comment !== null && !/[ \t]/.test(raw[comment.index - 1]!)
}
