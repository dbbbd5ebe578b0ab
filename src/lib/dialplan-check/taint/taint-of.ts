import { splitPart } from '../text/split.js'
import { blank, type Substitution, type Variable } from '../text/substitutions.js'
import { filterSet, join, type Taint } from './taint.js'

/** What is known of variables at a step: by name, or as written between the braces (`CALLERID(num)`, `EXTEN:1`). */
export type State = ReadonlyMap<string, Taint>

/** What the peer writes: names and numbers, headers, messages, and contacts, whose user part a phone chooses. */
const sources = new Set([
  'MESSAGE',
  'MESSAGE_DATA',
  'PJSIP_HEADER',
  'PJSIP_HEADERS',
  'PJSIP_RESPONSE_HEADER',
  'SIP_HEADER',
  'PJSIP_DIAL_CONTACTS',
  'PJSIP_CONTACT',
  'CONNECTEDLINE',
  'REDIRECTING'
])
/** Fields of CALLERID that are text of the caller's. */
const callerFields = /^(priv-)?(num|number|name|all|ani\d?|dnid|rdnis)$/i
/** Functions that hand on what they are given. */
const passing = new Set([
  ...['TOUPPER', 'TOLOWER', 'TRIM', 'LTRIM', 'RTRIM', 'STRREVERSE', 'URIDECODE', 'BASE64_DECODE', 'EVAL', 'IF', 'IFTIME'],
  ...['PASSTHRU', 'CSV_QUOTE', 'SORT', 'SUBSTITUTE', 'STRBETWEEN', 'PJSIP_PARSE_URI', 'SET']
])
/** The same, but they are given the name of a variable. */
const passingNamed = new Set([
  ...['CUT', 'SHIFT', 'POP', 'LISTFILTER', 'REPLACE', 'STRREPLACE', 'LOCAL', 'GLOBAL', 'SHARED', 'PJSIP_PARSE_URI_FROM']
])

/** What of a caller's comes into a text by what is put in. */
export function taintOfAll(text: string, all: readonly Substitution[], state: State): Taint {
  let taint: Taint
  for (const one of all) taint = join(taint, taintOf(text, one, state))
  return taint
}

export function taintOf(text: string, one: Substitution, state: State): Taint {
  if (one.kind === 'variable') return taintOfVariable(text, one, state)
  // A comparison or a sum gives a number. What picks text hands it on.
  const skeleton = blank(text, one.start + 2, one.end - 1, one.inside).replace(/"[^"]*"/g, '')
  return /[:|&~]/.test(skeleton) ? taintOfAll(text, one.inside, state) : undefined
}

function taintOfVariable(text: string, one: Variable, state: State): Taint {
  const written = text.slice(one.start + 2, one.end - 1)
  if (state.has(written)) return state.get(written)
  const whole = one.cut ? written.slice(0, written.length - cutLength(one, written)) : written
  // One character shifts nothing.
  if (one.cut?.length !== undefined && /^[01]$/.test(one.cut.length)) return undefined
  if (state.has(whole)) return state.get(whole)
  if (!one.arguments || one.name === undefined) return undefined
  return taintOfFunction(text, one.name, one, one.arguments, state)
}

function cutLength({ cut }: Variable, written: string): number {
  const { offset, length } = cut!
  const size = 1 + offset.length + (length === undefined ? 0 : 1 + length.length)
  return Math.min(size, written.length)
}

function taintOfFunction(
  text: string,
  name: string,
  { inside }: Variable,
  range: { start: number; end: number },
  state: State
): Taint {
  const given = text.slice(range.start, range.end)
  if (name === 'CALLERID') return callerFields.test(given.split(',')[0]!.trim()) ? 'any' : undefined
  if (sources.has(name)) return name === 'PJSIP_CONTACT' && !/,\s*uri$/.test(given) ? undefined : 'any'
  if (name === 'FILTER') {
    const [set] = splitPart(text, range, ',', inside, { most: 2, isFlat: true })
    const taint = taintOfAll(text, inside, state)
    if (taint === undefined) return undefined
    return set && !set.text.includes('$') ? filterSet(set.text) : new Set()
  }
  if (name === 'QUOTE') return taintOfAll(text, inside, state) === undefined ? undefined : 'quoted'
  if (passingNamed.has(name)) {
    const [variable] = splitPart(text, range, ',', inside, { most: 2 })
    return join(taintOfName(variable?.text.trim() ?? '', state), taintOfAll(text, inside, state))
  }
  return passing.has(name) ? taintOfAll(text, inside, state) : undefined
}

/** `CUT(MESSAGE(from),@,1)`: a variable or function without its braces. */
function taintOfName(name: string, state: State): Taint {
  if (state.has(name)) return state.get(name)
  const [, functionName, given = ''] = /^([A-Z_0-9]+)\((.*)\)$/.exec(name) ?? []
  if (functionName === 'CALLERID') return callerFields.test(given) ? 'any' : undefined
  if (functionName === 'LOCAL') return state.get(given)
  return functionName !== undefined && sources.has(functionName) ? 'any' : undefined
}
