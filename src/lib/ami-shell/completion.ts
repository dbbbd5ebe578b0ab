import type { DocumentedField } from '../ami/catalog/documentation.js'
import type { Field } from '../ami/encode.js'
import { quoteWord, splitWords, type Word } from './line-words.js'
import { actionStart, shellWords } from './shell-words.js'
import { cliCommand } from './typed-line.js'

/** What completion may ask; each answers with what is known at the moment. */
export interface CompletionSource {
  actionNames(): readonly string[]
  eventNames(): readonly string[]
  fields(action: string): Promise<readonly DocumentedField[]>
  /** Values that a field may have, and no others that are known. */
  values(action: string, field: string, given: readonly Field[]): Promise<readonly string[]>
  /** Asterisk's own completion of a CLI command: the words that the last one, which has begun, may become. */
  cli(command: string): Promise<readonly string[]>
}

/** What may take the place of `typed`, the end of the line; sorted, without doubles. */
export interface Completion {
  typed: string
  candidates: string[]
}

/** More than a terminal shows at once. */
const maxCandidates = 200

/** Fields that an action may have several times. */
const repeatable = new Set(['variable', 'chanvariable', 'codecs'])

/** Completes a line, up to the cursor: a command of the shell, an action, a field, or a value. */
export async function complete(line: string, source: CompletionSource): Promise<Completion> {
  const start = actionStart(line)
  if (start === undefined) return completeShellWord(line, source)
  const { words, endsBetween, open } = splitWords(line.slice(start))
  const last: Word = endsBetween ? { text: '', raw: '', start: line.length - start } : words.at(-1)!
  const before = endsBetween ? words : words.slice(0, -1)
  if (before.length === 0) return choose(last.raw, source.actionNames().map(withBlank))
  const action = before[0]!.text
  const rest = line.slice(start + (words[1]?.start ?? line.length - start))
  if (/^command$/i.test(action) && (rest === '' || cliCommand(action, rest) !== undefined)) return completeCli(rest, source)
  const at = last.text.indexOf('=')
  const given = before.slice(1).map(({ text }): Field => splitField(text))
  if (at < 0) return completeField(action, last.raw, given, source)
  return completeValue(action, last, { open, given }, source)
}

async function completeShellWord(line: string, source: CompletionSource): Promise<Completion> {
  const match = /^\s*\\(\w*)(\s+)?(.*)$/s.exec(line)
  if (!match) return { typed: line, candidates: [] }
  const [, name, blank, rest] = match
  if (blank === undefined && rest !== '') return { typed: line, candidates: [] }
  if (blank === undefined)
    return choose(
      `\\${name}`,
      shellWords.map((word) => withBlank(`\\${word.name}`))
    )
  const takes = shellWords.find((word) => word.name === name)?.takes
  if (takes === 'actionName') return choose(rest!, source.actionNames())
  if (takes === 'eventName') return choose(rest!, source.eventNames())
  return typeof takes === 'object' ? choose(rest!, takes) : { typed: rest!, candidates: [] }
}

/** Asterisk completes the words of its own commands. Its answer knows nothing of what is typed in another case. */
async function completeCli(command: string, source: CompletionSource): Promise<Completion> {
  const typed = /\S*$/.exec(command)![0]
  return choose(typed, (await source.cli(command)).map(withBlank))
}

async function completeField(
  action: string,
  typed: string,
  given: readonly Field[],
  source: CompletionSource
): Promise<Completion> {
  const used = new Set(given.map(([name]) => name.toLowerCase()).filter((name) => !repeatable.has(name)))
  const fields = (await source.fields(action)).filter(({ name }) => !used.has(name.toLowerCase()))
  // Those that the action needs come first, unless something has been typed: then it may be any.
  const needed = fields.filter(({ required }) => required)
  const offered = typed === '' && needed.length > 0 ? needed : fields
  return choose(
    typed,
    offered.map(({ name }) => `${name}=`)
  )
}

async function completeValue(
  action: string,
  { text, raw }: Word,
  { open, given }: { open: '"' | "'" | undefined; given: readonly Field[] },
  source: CompletionSource
): Promise<Completion> {
  const [name, value] = splitField(text)
  const typed = raw.slice(raw.indexOf('=') + 1)
  // A quote before the name (`"Channel=…`) would have to be closed behind the value: rare, and left to its user.
  if (raw.indexOf('=') !== text.indexOf('=')) return { typed, candidates: [] }
  const field = (await source.fields(action)).find((one) => one.name.toLowerCase() === name.toLowerCase())
  // A documentation of two words (`on`, `off`) may leave out what else there is (classes of events).
  const values = [...(field?.values ?? []), ...(await source.values(action, name, given))]
  const { candidates } = choose(value, values)
  const whole = candidates.map((one) => `${open ? quoteAs(open, one) : quoteWord(one)} `)
  return { typed, candidates: whole }
}

/** In the quotes that the user has opened, where they can hold the value. */
function quoteAs(quote: '"' | "'", value: string): string {
  if (quote === "'" && !value.includes("'")) return `'${value}'`
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

function splitField(text: string): Field {
  const at = text.indexOf('=')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

const withBlank = (name: string) => `${name} `

/** Those that begin as typed; case does not count. Of too many, some are left out in such a way that the common beginning of the rest is that of all. */
function choose(typed: string, names: readonly string[]): Completion {
  const beginning = typed.toLowerCase()
  const fitting = [...new Set(names.filter((name) => name.toLowerCase().startsWith(beginning)))].sort()
  const candidates = fitting.length > maxCandidates ? [...fitting.slice(0, maxCandidates - 1), fitting.at(-1)!] : fitting
  return { typed, candidates }
}
