import type { Documentation, DocumentedField } from '../ami/catalog/documentation.js'
import { secretFields } from '../ami/catalog/overlay.js'
import type { Field } from '../ami/encode.js'
import type { BlockColors } from './block-text.js'
import { escapeControls, escapeControlsInLines } from './terminal-text.js'

/** Where the terminal has no limit, lines are still to be read. */
const widestText = 100

/** What is known of an action or an event, for people: a title, its text, its fields (`*` marks the required ones), and an example. */
export function documentationText(
  documentation: Documentation,
  {
    width,
    colors,
    syntax,
    example
  }: { width: number; colors: BlockColors; syntax?: string | undefined; example?: string | undefined }
): string {
  const room = Math.min(Math.max(width, 30), widestText)
  const { name, synopsis, description, fields, list, complete, seeAlso } = documentation
  const parts = [
    `${colors.title(escapeControls(name))}\n`,
    paragraph(factsOf(documentation), room),
    paragraph(synopsis ?? '', room),
    description === undefined || description === synopsis ? '' : lines(description, room),
    fields.length === 0 ? '' : fieldTable(documentation, room, colors),
    list || complete
      ? paragraph(`List of ${list?.join(', ') || 'events'}${complete ? `, closed by ${complete}` : ''}`, room)
      : '',
    seeAlso ? paragraph(`See also ${seeAlso.join(', ')}`, room) : '',
    paragraph(syntax ?? '', room),
    example === undefined ? '' : `${example}\n`
  ]
  return parts.filter(Boolean).join('\n')
}

function factsOf({ kind, privilege, class: eventClass, module, since }: Documentation): string {
  const facts = [
    kind,
    privilege &&
      (privilege.length > 0 ? `needs ${privilege.filter((one) => one !== 'all').join(' or ') || 'all'}` : 'for every user'),
    eventClass && `class ${eventClass}`,
    module,
    since && `since ${since}`
  ]
  return facts.filter(Boolean).join(' · ')
}

function fieldTable({ kind, fields }: Documentation, room: number, colors: BlockColors): string {
  const names = fields.map(({ name, required }) => escapeControls(name) + (required && kind === 'action' ? '*' : ''))
  const widest = Math.min(Math.max(...names.map((name) => name.length)), Math.floor(room / 2))
  const rows = fields.map((field, index) => {
    const text = wrap(escapeControls(fieldText(field)), room - widest - 4)
    const [first = '', ...others] = text
    const head = `  ${colors.name(names[index]!)}${' '.repeat(Math.max(0, widest - names[index]!.length))}`
    return [`${head}  ${first}`.trimEnd(), ...others.map((line) => `${' '.repeat(widest + 4)}${line}`)].join('\n')
  })
  return `${rows.join('\n')}\n`
}

function fieldText({ text, values, default: fallback }: DocumentedField): string {
  const more = [values && `One of ${values.join(', ')}.`, fallback !== undefined && fallback !== '' && `Default: ${fallback}.`]
  return [text, ...more].filter(Boolean).join(' ')
}

function paragraph(text: string, room: number): string {
  return text === '' ? '' : `${wrap(escapeControls(text), room).join('\n')}\n`
}

/** Text that has lines of its own; those that are too long are broken. */
function lines(text: string, room: number): string {
  return `${escapeControlsInLines(text)
    .split('\n')
    .flatMap((line) => (line.length <= room ? [line] : wrap(line, room)))
    .join('\n')}\n`
}

/** Breaks a text at blanks; a word that is longer than the room is left whole. */
export function wrap(text: string, room: number): string[] {
  const broken: string[] = []
  let line = ''
  for (const word of text.split(' ').filter(Boolean)) {
    if (line !== '' && line.length + 1 + word.length > room) {
      broken.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return line === '' ? broken : [...broken, line]
}

/** The action as a command line: `pbxkit ami send Ping -F Name=Value`. A secret is never an example. */
export function sendLine(action: string, fields: readonly Field[]): string {
  const shown = fields.filter(([name]) => !secretFields.has(name.toLowerCase()))
  return ['pbxkit ami send', action, ...shown.map(([name, value]) => `-F ${shellWord(`${name}=${value}`)}`)].join(' ')
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
