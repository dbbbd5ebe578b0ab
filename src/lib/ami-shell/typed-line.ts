import type { Field } from '../ami/encode.js'
import { UsageError } from '../errors.js'
import { splitWords } from './line-words.js'

/** A line of the shell: nothing, a command of the shell itself (`\help`), or an action. */
export type TypedLine =
  | { kind: 'empty' }
  | { kind: 'shell'; name: string; rest: string }
  | { kind: 'action'; action: string; fields: Field[] }

/** Reads a line. @throws UsageError for a word that is no field, and for a quote that is not closed */
export function parseLine(line: string): TypedLine {
  const text = line.trim()
  if (text === '') return { kind: 'empty' }
  if (!text.startsWith('\\')) return { kind: 'action', ...parseAction(text) }
  const [, name, rest] = /^\\(\S*)\s*(.*)$/s.exec(text)!
  return { kind: 'shell', name: name!, rest: rest! }
}

/**
 * Reads `Originate Channel=PJSIP/alice 'CallerID=A B <1>'`. What follows `Command` is the CLI command as it stands, unless it is written as a field.
 * @throws UsageError
 */
export function parseAction(text: string): { action: string; fields: Field[] } {
  const { words, open } = splitWords(text)
  const [first, ...others] = words
  const name = first?.text ?? ''
  const cli = others.length > 0 ? cliCommand(name, text.slice(others[0]!.start)) : undefined
  if (cli !== undefined) return { action: name, fields: [['Command', cli]] }
  if (open) throw new UsageError(`The quote ${open} is not closed`)
  if (!/^[\w-]+$/.test(name))
    throw new UsageError(`"${name}" is not the name of an action`, { hint: 'Write Action Name=Value …, or \\help.' })
  return { action: name, fields: others.map(({ text: word }) => parseField(word)) }
}

/** `Command core show channels` needs no quotes, but `Command Command=…` and `Command Server=…` are fields. */
export function cliCommand(action: string, rest: string): string | undefined {
  return /^command$/i.test(action) && !/^["']?(Command|ActionID|Server)=/i.test(rest) ? rest.trimEnd() : undefined
}

function parseField(word: string): Field {
  const at = word.indexOf('=')
  if (at < 1)
    throw new UsageError(`"${word}" is not a field`, { hint: "Write Name=Value, and 'Name=a value' where there are blanks." })
  return [word.slice(0, at).trim(), word.slice(at + 1)]
}
