import { evaluateExpression } from '../expression/evaluate.js'
import { substring } from '../substitute.js'
import { readFunction, writeFunction } from './call-function.js'
import type { Evaluation, FunctionCall } from './evaluation.js'
import { hintOf } from './functions/dialplan.js'

/** What a value may have when it is put into the data of an application (VAR_BUF_SIZE of pbx.h, less its end). */
const maxValueBytes = 4095

/** What the data of an application may have (EXT_DATA_SIZE of pbx.h, less what pbx.c keeps back). */
const maxDataBytes = 8190

/** How deep `${${…}}` and EVAL may go (MAX_VARIABLE_SUB_RECURSE_DEPTH of pbx_variables.c): the inside of what lies deeper is empty. */
const maxDepth = 15

/** Puts variables, functions and expressions into text as Asterisk does for each step (pbx_variables.c). Strings have one character a byte. */
export function substituteVariables(text: string, evaluation: Evaluation): string {
  return text.includes('$') ? new Substitution(evaluation).run(text).slice(0, maxDataBytes) : text.slice(0, maxDataBytes)
}

/** Sets a variable, or writes to a function when the name ends with a parenthesis. Undefined takes the variable away. */
export function setVariable(name: string, value: string | undefined, evaluation: Evaluation): void {
  new Substitution(evaluation).set(name, value)
}

/** What `${name}` is without being put into text; undefined when nobody has set it. */
function variableValue(name: string, { scene, channel }: Evaluation): string | undefined {
  switch (name) {
    case 'EXTEN':
      return channel.extension
    case 'CONTEXT':
      return channel.context
    case 'PRIORITY':
      return String(channel.priority)
    case 'CHANNEL':
      return channel.name
    case 'UNIQUEID':
      return channel.uniqueId
    case 'HANGUPCAUSE':
      return String(channel.hangupCause)
    case 'HINT':
      return hintOf({ scene }, channel.context, channel.extension)?.replace(/,.*$/s, '')
    case 'HINTNAME':
      return hintOf({ scene }, channel.context, channel.extension)?.replace(/^[^,]*,?/, '')
    case 'EPOCH':
      return String(Math.floor(scene.now.getTime() / 1000))
    case 'CALLINGPRES':
    case 'CALLINGANI2':
    case 'CALLINGTON':
    case 'CALLINGTNS':
      return '0'
    case 'ASTETCDIR':
      return scene.files.folder
    default:
      return channel.variables.get(name) ?? scene.globals.get(name) ?? folders.get(name)
  }
}

/** Where Debian and most others put things. */
const folders: ReadonlyMap<string, string> = new Map([
  ['ASTVARLIBDIR', '/var/lib/asterisk'],
  ['ASTDBDIR', '/var/lib/asterisk'],
  ['ASTKEYDIR', '/var/lib/asterisk'],
  ['ASTDATADIR', '/usr/share/asterisk'],
  ['ASTAGIDIR', '/usr/share/asterisk/agi-bin'],
  ['ASTSPOOLDIR', '/var/spool/asterisk'],
  ['ASTRUNDIR', '/var/run/asterisk'],
  ['ASTLOGDIR', '/var/log/asterisk'],
  ['SYSTEMNAME', '']
])

class Substitution {
  readonly #evaluation: Evaluation
  readonly #callbacks: Pick<FunctionCall, 'substitute' | 'set'>
  #depth = 0

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation
    this.#callbacks = { substitute: (text) => this.run(text), set: (name, value) => this.set(name, value) }
  }

  set(name: string, value: string | undefined): void {
    if (name.endsWith(')')) writeFunction(name, value ?? '', this.#evaluation, this.#callbacks)
    else this.#evaluation.channel.variables.set(name, value)
  }

  run(text: string): string {
    if (!text.includes('$')) return text
    if (this.#depth >= maxDepth) {
      this.#evaluation.notes.warn('Variables are nested too deeply')
      return ''
    }
    this.#depth++
    const done = this.#replaced(text)
    this.#depth--
    return done
  }

  #replaced(text: string): string {
    let done = ''
    for (let at = 0; at < text.length && done.length <= maxDataBytes; ) {
      const start = text.indexOf('$', at)
      if (start < 0) return done + text.slice(at)
      const open = text[start + 1]
      if (open !== '{' && open !== '[') {
        done += text.slice(at, start + 1)
        at = start + 1
        continue
      }
      done += text.slice(at, start)
      const { inside, end } = insideOf(text, start + 2, open)
      done += open === '{' ? this.#variable(this.run(inside)) : this.#expression(this.run(inside))
      at = end
    }
    return done
  }

  #expression(text: string): string {
    const { notes } = this.#evaluation
    return evaluateExpression(text, {
      warn: (message) => notes.warn(message),
      call: (name, data) => readFunction(`${name}(${data})`, this.#evaluation, this.#callbacks, true)
    })
  }

  #variable(text: string): string {
    const { name, offset, length } = parseName(text)
    const value = name.includes('(')
      ? readFunction(name, this.#evaluation, this.#callbacks)
      : variableValue(name, this.#evaluation)
    return value === undefined ? '' : substring(value.slice(0, maxValueBytes), offset, length)
  }
}

/** `NAME:offset:length`; a colon within parentheses belongs to a function. */
function parseName(text: string): { name: string; offset: number; length: number | undefined } {
  let parentheses = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') parentheses++
    else if (text[at] === ')') parentheses--
    else if (text[at] === ':' && parentheses === 0) {
      const [, offset, , length] = /^\s*([+-]?\d+)(:\s*([+-]?\d+))?/.exec(text.slice(at + 1)) ?? []
      return { name: text.slice(0, at), offset: Number(offset ?? 0), length: length === undefined ? undefined : Number(length) }
    }
  }
  return { name: text, offset: 0, length: undefined }
}

/** Up to the bracket that closes, of this kind, or to the end of the text. */
function insideOf(text: string, from: number, open: '{' | '['): { inside: string; end: number } {
  const close = open === '{' ? '}' : ']'
  let depth = 1
  let at = from
  for (; at < text.length; at++) {
    if (text[at] === open) depth++
    else if (text[at] === close && --depth === 0) return { inside: text.slice(from, at), end: at + 1 }
  }
  return { inside: text.slice(from), end: at }
}
