import type { LoadedConfig } from '../asterisk-config/load.js'
import type { LoadedSection, LoadedSetting } from '../asterisk-config/section.js'
import { decode, encode } from '../asterisk-config/text.js'
import { parseApplication, takeExtension, takeField } from './arguments.js'
import { ContextBuilder, type Report } from './context-builder.js'
import type { Context, Dialplan, DialplanProblem } from './dialplan.js'
import { parseTiming } from './include-timing.js'
import { parsePriority } from './priority.js'
import { type Substituted, substituteGlobals } from './substitute.js'

export interface ReadDialplanOptions {
  /** Puts variables, functions and expressions into what Asterisk substitutes when it loads: extensions, includes, switches, globals. Default: global variables only. */
  readonly substitute?: (text: string, globals: ReadonlyMap<string, string>) => Substituted
}

/** Asterisk keeps an extension and its caller id in 256 bytes, one of which ends the string (pbx_config.c, `realext`). */
const maxExtensionLength = 255

/** What Asterisk substitutes into a global, an include or a switch goes into 8192 bytes (pbx_config.c, `realvalue`). Globals made of globals would double with each line. */
const maxSubstitutedBytes = 8191

/**
 * What pbx_config makes of an extensions.conf that has been loaded: contexts, their extensions in the order in which they are tried, includes, switches.
 * It never throws for what the file says; what Asterisk drops is dropped and stands in `problems`.
 */
export function readDialplan(config: LoadedConfig, options: ReadDialplanOptions = {}): Dialplan {
  return new DialplanReader(options.substitute ?? substituteGlobals).read(config)
}

class DialplanReader {
  readonly #substitute: NonNullable<ReadDialplanOptions['substitute']>
  readonly #problems: DialplanProblem[] = []
  readonly #globals = new Map<string, string>()
  readonly #contexts = new Map<string, ContextBuilder>()

  constructor(substitute: NonNullable<ReadDialplanOptions['substitute']>) {
    this.#substitute = substitute
  }

  read({ sections }: LoadedConfig): Dialplan {
    const seen = sections.filter(({ isTemplate }) => !isTemplate)
    const general = new Map<string, string>()
    for (const { name, value } of seen.filter(isGeneral).flatMap(({ settings }) => settings)) {
      if (!general.has(name.toLowerCase())) general.set(name.toLowerCase(), value)
    }
    for (const setting of seen.filter(isGlobals).flatMap(({ settings }) => settings)) this.#global(setting)
    for (const section of seen) if (!isGeneral(section) && !isGlobals(section)) this.#context(section)
    const contexts = new Map<string, Context>([...this.#contexts].map(([name, builder]) => [name, builder.build()]))
    return { general, globals: this.#globals, contexts, problems: this.#problems }
  }

  /** Each value may use those before it. Underscores before a name say that channels inherit it, which globals do not. */
  #global(setting: LoadedSetting): void {
    const name = setting.name.replace(/^__?/, '')
    this.#globals.set(name, this.#substituted(setting.value, this.#reportOf(setting)))
  }

  #context(section: LoadedSection): void {
    const builder = this.#contexts.get(section.name) ?? new ContextBuilder(section.name, section.file, section.line)
    this.#contexts.set(section.name, builder)
    const lines = new SectionLines(builder, (text, report) => this.#substituted(text, report))
    for (const setting of section.settings) lines.read(setting, this.#reportOf(setting))
  }

  #substituted(text: string, report: Report): string {
    if (!text.includes('$')) return text
    const done = this.#substitute(text, this.#globals)
    if (!done.isWhole)
      report(
        'not-substituted',
        `${text} has a function or an expression, which Asterisk puts in when it loads; it is left as it is here`
      )
    return Buffer.byteLength(done.text) > maxSubstitutedBytes
      ? decode(encode(done.text).slice(0, maxSubstitutedBytes))
      : done.text
  }

  #reportOf({ file, line }: LoadedSetting): Report {
    return (code, message) => this.#problems.push({ code, message, file, line })
  }
}

/** The lines of one section. `same` and `n` do not go on from an earlier section of that name. */
class SectionLines {
  readonly #builder: ContextBuilder
  readonly #substitute: (text: string, report: Report) => string
  #lastExtension = ''
  #lastPriority: number | undefined

  constructor(builder: ContextBuilder, substitute: (text: string, report: Report) => string) {
    this.#builder = builder
    this.#substitute = substitute
  }

  read(setting: LoadedSetting, report: Report): void {
    const name = setting.name.toLowerCase()
    // Asterisk looks at four letters only.
    if (name.startsWith('same')) return this.#same(setting, report)
    switch (name) {
      case 'exten':
        return this.#exten(setting, report)
      case 'include':
        return this.#include(setting, report)
      case 'switch':
      case 'lswitch':
      case 'eswitch':
        return this.#switch(setting, name, report)
      case 'ignorepat':
        this.#builder.ignorePatterns.push(this.#substitute(setting.value, report))
        return
      case 'autohints':
        this.#builder.hasAutoHints = /^(yes|true|y|t|1|on)$/i.test(setting.value)
        return
      default:
        report('unknown-setting', `${setting.name} is nothing that a context has; the line is ignored`)
    }
  }

  #same(setting: LoadedSetting, report: Report): void {
    if (this.#lastExtension === '') {
      return report(
        'same-without-extension',
        `${setting.name} comes before any exten of this section of ${this.#builder.name}; the line is ignored`
      )
    }
    this.#priority(this.#lastExtension, setting.value, setting, report)
  }

  #exten(setting: LoadedSetting, report: Report): void {
    const { field, rest } = takeExtension(setting.value)
    this.#lastExtension = this.#substitute(field, report).slice(0, maxExtensionLength)
    this.#priority(this.#lastExtension, rest, setting, report)
  }

  #priority(whole: string, text: string | undefined, { file, line }: LoadedSetting, report: Report): void {
    const slash = whole.indexOf('/')
    const extension = slash < 0 ? whole : whole.slice(0, slash)
    const callerId = slash < 0 ? undefined : shrinkPhoneNumber(whole.slice(slash + 1))
    const { field, rest = '' } = takeField(text)
    const findLabel = (label: string) => this.#builder.findLabel(extension, label, callerId)
    const priority = parsePriority(field, this.#lastPriority, findLabel, report)
    if (!priority) return
    this.#lastPriority = priority.number
    const { application, data, isUnclosed } = parseApplication(rest)
    if (isUnclosed) report('application-unclosed', `No closing parenthesis: ${application}(${data}`)
    if (extension === '_.' || extension === '_!') report('any-extension', `${extension} matches h, i, s and t as well`)
    if (extension[0] === '_' && /\[[^\]]*$/.test(extension))
      report('set-unclosed', `No closing ] in ${extension}: it never matches`)
    this.#builder.addPriority({ ...priority, application, data, extension, file, line }, callerId, report)
  }

  #include({ value, file, line }: LoadedSetting, report: Report): void {
    const text = this.#substitute(value, report)
    // A bar anywhere is found before a comma is looked for.
    const separator = text.includes('|') ? text.indexOf('|') : text.indexOf(',')
    const context = separator < 0 ? text : text.slice(0, separator)
    const timing = separator < 0 ? undefined : parseTiming(text.slice(separator + 1))
    for (const fault of timing?.faults ?? []) report('include-timing', `${fault} is no time, day or month; it is skipped`)
    this.#builder.addInclude({ text, context, timing, file, line }, report)
  }

  #switch({ value, file, line }: LoadedSetting, kind: string, report: Report): void {
    const text = kind === 'switch' ? this.#substitute(value, report) : value
    const slash = text.indexOf('/')
    const name = slash < 0 ? text : text.slice(0, slash)
    this.#builder.switches.push({
      name,
      data: slash < 0 ? '' : text.slice(slash + 1),
      isEvaluated: kind === 'eswitch',
      file,
      line
    })
  }
}

function isGeneral({ name }: LoadedSection): boolean {
  return name.toLowerCase() === 'general'
}

function isGlobals({ name }: LoadedSection): boolean {
  return name.toLowerCase() === 'globals'
}

/** Takes out of a caller id what people write into numbers (callerid.c, ast_shrink_phone_number): blanks, parentheses, dashes outside sets, dots but the last. */
function shrinkPhoneNumber(number: string): string {
  let depth = 0
  let kept = ''
  for (const [index, char] of [...number].entries()) {
    if (char === '[') depth++
    else if (char === ']') depth--
    const isDropped = char === '-' ? depth === 0 : char === '.' ? index + 1 < [...number].length : /[( )]/.test(char)
    if (!isDropped) kept += char
  }
  return kept
}
