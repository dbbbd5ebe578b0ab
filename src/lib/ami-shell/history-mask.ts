import type { Field } from '../ami/encode.js'
import { isSecretName, mask, maskedValues, maskInside } from '../ami/secrets.js'
import { quoteField } from './line-words.js'
import { actionStart } from './shell-words.js'
import { parseAction } from './typed-line.js'

/** A line as the history has it. */
export interface HistoryLine {
  text: string
  /** May it stand in a file? What we do not understand may hold a secret anywhere. */
  forFile: boolean
}

/** A line without its secrets, as the history keeps it; undefined for an empty one, and for one that begins with a blank: its user wants it forgotten. */
export function historyLine(line: string): HistoryLine | undefined {
  if (/^\s|^$/.test(line)) return undefined
  const text = line.trimEnd()
  const start = actionStart(text)
  if (start === undefined) return { text: maskInside(text), forFile: maskInside(text) === text }
  try {
    const masked = text.slice(start) === '' ? text : text.slice(0, start) + maskAction(text.slice(start))
    return { text: masked, forFile: true }
  } catch {
    return { text: maskInside(text), forFile: false }
  }
}

function maskAction(text: string): string {
  const { action, fields } = parseAction(text)
  const values = maskFields(action, fields)
  if (values.every((value, index) => value === fields[index]![1])) return text
  // What follows a bare Command is the CLI command itself, and stands as it was typed.
  const isBare = fields.length === 1 && fields[0]![0] === 'Command' && !/\sCommand=/i.test(text)
  return [action, ...fields.map(([name], index) => (isBare ? values[index]! : quoteField(name, values[index]!)))].join(' ')
}

function maskFields(action: string, fields: readonly Field[]): string[] {
  const all = [['Action', action] as Field, ...fields].map(([name, value]) => ({ name, value }))
  const values = maskedValues(all).slice(1)
  return values.map((value, index) => (/^command$/i.test(fields[index]![0]) ? maskWords(value) : value))
}

/** In a CLI command a secret has only a word before it (`database put pins 100 1234`): from there on, all may be it. */
function maskWords(command: string): string {
  const words = command.split(/(\s+)/)
  const at = words.findIndex((word) => isSecretName(word.replace(/s$/i, '')))
  const behind = words.slice(at + 1).join('')
  return at < 0 || behind.trim() === '' ? command : `${words.slice(0, at + 1).join('')} ${mask}`
}

/** The name of a field whose value is what the history has in the place of a secret: sent as it is, it would be the secret from then on. */
export function maskedField(action: string, fields: readonly Field[]): string | undefined {
  const typed = fields.map(([name, value]): Field => [name, value.replaceAll(mask, 'x')])
  const values = maskFields(action, typed)
  return fields.find(([, value], index) => value.includes(mask) && values[index] !== typed[index]![1])?.[0]
}
