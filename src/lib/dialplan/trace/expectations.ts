import { DataError } from '../../errors.js'
import type { Trace } from './result.js'

/** One line of a table of expectations: a call, and where it has to go. */
export interface Expectation {
  readonly number: string
  readonly context: string | undefined
  readonly from: string | undefined
  /** What comes of Dial, one after the other. */
  readonly dial: readonly string[]
  readonly digits: string | undefined
  /** All of them have to be met. */
  readonly targets: readonly string[]
  readonly line: number
}

/** A table has people's numbers; more lines than this are no table. */
const maxLines = 100_000

const columns = ['number', 'context', 'from', 'dial', 'digits', 'expect'] as const

/**
 * Reads a table of expectations. Plain: `+46701234567 @from-trunk -> alice`, with `from=bob`, `dial=BUSY` and `digits=1` before the arrow. CSV: a first line that names its columns, of
 * which `number` and `expect` have to be there. `#` and `;` begin a comment at the beginning of a line.
 * @throws DataError with the line
 */
export function parseExpectations(text: string, file: string): Expectation[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  if (lines.length > maxLines) throw new DataError(`${file}: more than ${maxLines} lines`)
  const kept = lines
    .map((content, index) => ({ content: content.trim(), line: index + 1 }))
    .filter(({ content }) => content !== '' && !/^[#;]/.test(content))
  const [first] = kept
  if (!first) throw new DataError(`${file}: no expectations in it`)
  if (first.content.includes('->')) return kept.map(({ content, line }) => parsePlain(content, `${file}:${line}`, line))
  const names = splitCsv(first.content).map((name) => name.trim().toLowerCase())
  for (const name of names)
    if (!columns.some((one) => one === name))
      throw new DataError(`${file}:${first.line}: ${JSON.stringify(name)} is no column; there are ${columns.join(', ')}`)
  for (const name of ['number', 'expect'])
    if (!names.includes(name)) throw new DataError(`${file}:${first.line}: there is neither an arrow -> nor a column ${name}`)
  return kept.slice(1).map(({ content, line }) => parseRow(names, splitCsv(content), `${file}:${line}`, line))
}

function parsePlain(content: string, place: string, line: number): Expectation {
  const arrow = content.indexOf('->')
  if (arrow < 0) throw new DataError(`${place}: no arrow -> in it`)
  const [number = '', ...words] = content.slice(0, arrow).trim().split(/\s+/)
  const row: Record<string, string> = { number, expect: content.slice(arrow + 2) }
  for (const word of words) {
    const [, name, value] = /^(from|dial|digits)=(.*)$/.exec(word) ?? []
    if (name !== undefined) row[name] = value!
    else if (word.startsWith('@')) row.context = word.slice(1)
    else throw new DataError(`${place}: ${JSON.stringify(word)} is neither @CONTEXT nor from=, dial= or digits=`)
  }
  return expectation(row, place, line)
}

function parseRow(names: readonly string[], values: readonly string[], place: string, line: number): Expectation {
  if (values.length > names.length) throw new DataError(`${place}: more values than columns`)
  return expectation(Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])), place, line)
}

function expectation(row: Record<string, string>, place: string, line: number): Expectation {
  const field = (name: string) => row[name]?.trim() || undefined
  const number = field('number')
  const targets = (field('expect') ?? '')
    .split('&')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  if (number === undefined || targets.length === 0) throw new DataError(`${place}: a number and what to expect have to be there`)
  const dial = (field('dial') ?? '').split(/[ +]+/).filter((one) => one !== '')
  return { number, context: field('context'), from: field('from'), dial, digits: field('digits'), targets, line }
}

/** RFC 4180 within one line. */
function splitCsv(line: string): string[] {
  const values: string[] = []
  const value = /\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(,|$)/y
  for (;;) {
    const found = value.exec(line)
    if (!found) return values
    values.push(found[1]?.replaceAll('""', '"') ?? found[2]!.trim())
    if (found[3] === '') return values
  }
}

/**
 * Does a trace do what was expected? `alice` or `PJSIP/alice`: rings it; `nobody`: rings none; `@context`: comes through it; `VoiceMail()` or `Hangup(28)`: runs that application, with
 * these data if there are any.
 */
export function meets(trace: Trace, target: string): boolean {
  if (target === 'nobody') return trace.devices.length === 0
  if (target.startsWith('@')) return trace.steps.some(({ context }) => context === target.slice(1))
  const [, application, data] = /^(\w+)\((.*)\)$/s.exec(target) ?? []
  if (application !== undefined) {
    return trace.steps.some(
      (step) => step.application.toLowerCase() === application.toLowerCase() && (data === '' || step.appData === data)
    )
  }
  return trace.devices.some(({ device, endpoint }) => endpoint === target || device === target || device.startsWith(`${target}/`))
}

/** What a trace came to, in the words of expectations. */
export function outcomeOf({ devices, steps, legs }: Trace): string {
  if (devices.length > 0) return [...new Set(devices.map(({ device }) => device))].join(' & ')
  const last = steps.at(-1)
  return last ? `nobody: ${last.application}(${last.appData}) at ${last.extension}@${last.context}` : `nobody: ${legs[0]!.reason}`
}
