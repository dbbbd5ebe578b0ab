import { CommentState, uncomment } from './comments.js'
import { Fatal, TooLarge } from './fatal.js'
import { type ConfigFiles, expandPath, resolvePath } from './files.js'
import { SectionIndex } from './find-section.js'
import { finishSections } from './finish-sections.js'
import { maxIncludeLevel, maxLineBytes, maxNestedComments, maxPathBytes } from './limits.js'
import { eachLine } from './line-splitter.js'
import { LoadBudget } from './load-budget.js'
import { openSection } from './open-section.js'
import { type DirectiveLine, parseLine, type SectionLine, type SettingLine } from './parse-line.js'
import { type ConfigProblem, type ConfigProblemCode, refuseConfigErrors } from './problem.js'
import type { LoadedSection, SectionDraft } from './section.js'
import { appendSetting } from './setting.js'
import { decode } from './text.js'

/** What Asterisk makes of a file and of all that it includes. */
export interface LoadedConfig {
  /** The name that was asked for. */
  readonly file: string
  /** False when Asterisk would refuse it whole ("Config file has invalid format", or no such file); then there are no sections. */
  readonly isValid: boolean
  /** In Asterisk's order, templates too. */
  readonly sections: readonly LoadedSection[]
  /** In the order in which Asterisk would meet them. A config that is valid may have errors all the same: those of files that it includes. */
  readonly problems: readonly ConfigProblem[]
  /** The whole paths of the files that were read, in order, each once. */
  readonly files: readonly string[]
}

/**
 * Reads a configuration as Asterisk 22 does (config.c), with templates, `(+)`, `+=`, includes, globs and block comments. `#exec` is never run. It never throws for what a
 * file says; what is wrong stands in `problems`.
 * @param file its name, within the folder of `files`, or a whole path
 */
export function loadConfig(file: string, files: ConfigFiles): LoadedConfig {
  return new Loader(file, files).load()
}

/** The same, for who cannot go on with a broken file. @throws ConfigError with the file and the line of the first error */
export function loadConfigStrictly(file: string, files: ConfigFiles): LoadedConfig {
  const config = loadConfig(file, files)
  refuseConfigErrors(config.problems)
  return config
}

type Outcome = 'loaded' | 'missing' | 'invalid'

/** Where a line stands, for problems and settings. */
interface Place {
  readonly path: string
  readonly line: number
}

class Loader {
  readonly #file: string
  readonly #files: ConfigFiles
  readonly #index = new SectionIndex()
  readonly #problems: ConfigProblem[] = []
  readonly #read = new Set<string>()
  readonly #included = new Set<string>()
  readonly #budget = new LoadBudget()
  #level = 0
  #isAscii = true
  /** The section that an included file goes on with. It is not that of the file which includes it: another include may have come between. */
  #current: SectionDraft | undefined

  constructor(file: string, files: ConfigFiles) {
    this.#file = file
    this.#files = files
  }

  load(): LoadedConfig {
    const whole = { path: this.#file, line: 0 }
    const outcome = this.#loadAll(whole)
    if (outcome === 'missing') this.#problem('error', 'file-missing', `There is no file ${this.#file}`, whole)
    const isValid = outcome === 'loaded'
    const sections = isValid ? finishSections(this.#index.sections, this.#isAscii) : []
    return { file: this.#file, isValid, sections, problems: this.#problems, files: [...this.#read] }
  }

  #loadAll(whole: Place): Outcome {
    try {
      return this.#loadFile(this.#file, whole)
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error
      this.#problem('error', 'too-large', error.message, whole)
      return 'invalid'
    }
  }

  #loadFile(name: string, at: Place): Outcome {
    if (this.#level >= maxIncludeLevel) {
      this.#problem('warning', 'include-level', `Files are included ${this.#level} deep; Asterisk reads no further`, at)
      return 'missing'
    }
    this.#level++
    const outcome = this.#loadPaths(name, at)
    // Asterisk forgets to count down after an invalid file: each one takes a level from what may be included later.
    if (outcome !== 'invalid') this.#level--
    return outcome
  }

  #loadPaths(name: string, at: Place): Outcome {
    const path = resolvePath(this.#files, name)
    if (Buffer.byteLength(path) > maxPathBytes) {
      this.#problem(
        'error',
        'path-too-long',
        `The name ${path.slice(0, 40)}… has more than ${maxPathBytes} bytes, of which Asterisk takes no more`,
        at
      )
      return 'missing'
    }
    const comments = new CommentState()
    let count = 0
    for (const one of expandPath(this.#files, path)) {
      const bytes = this.#files.read(one)
      if (bytes === 'not-a-file') this.#problem('warning', 'not-a-file', `${one} is no regular file; it is left out`, at)
      if (bytes === undefined || bytes === 'not-a-file') continue
      // A byte order mark is skipped at the beginning of the first file of a glob only.
      const isRead = this.#readFile(one, bytes, comments, count === 0, at)
      count++
      if (comments.depth !== 0) {
        const line = comments.openedAt.at(-1) ?? 0
        this.#problem('warning', 'comment-unclosed', 'A block comment does not end: all that follows it is ignored', {
          path: one,
          line
        })
      }
      if (!isRead) return 'invalid'
    }
    return count === 0 ? 'missing' : 'loaded'
  }

  /** @returns whether it was read to its end */
  #readFile(path: string, bytes: Uint8Array, comments: CommentState, isFirst: boolean, at: Place): boolean {
    this.#read.add(path)
    this.#budget.takeFile(path, bytes.length, at)
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    this.#isAscii &&= !/[\x80-\xff]/.test(text)
    const file = new FileInProgress(path, this.#current)
    const place = { path, line: 0 }
    try {
      eachLine(text, (line, number) => {
        place.line = number
        this.#readLine(line, number === 1 && isFirst, comments, file, place)
      })
    } catch (error) {
      if (!(error instanceof Fatal)) throw error
      this.#problem('error', error.code, error.message, place)
      return false
    }
    return true
  }

  #readLine(
    { raw, text }: { raw: string; text: string | undefined },
    mayHaveMark: boolean,
    comments: CommentState,
    file: FileInProgress,
    place: Place
  ): void {
    if (text === undefined) {
      const begin = decode(raw.slice(0, 32))
      this.#problem(
        'warning',
        'line-too-long',
        `The line has more than ${maxLineBytes - 1} bytes and is dropped: ${begin}…`,
        place
      )
      return
    }
    const ending = raw.slice(text.length)
    if (ending !== '') this.#problem('warning', 'nul-byte', 'What stands behind a NUL byte is not read', place)
    const { text: content, isNestedTooDeep } = uncomment(mayHaveMark ? withoutMark(text) : text, comments, place.line)
    if (isNestedTooDeep)
      throw new Fatal(
        'nested-too-deep',
        `More than ${maxNestedComments} block comments are open: Asterisk never gets past this line`
      )
    const line = parseLine(content)
    switch (line.kind) {
      case 'section':
        return this.#section(line, file, place)
      case 'setting':
        return this.#setting(line, file, place)
      case 'directive':
        return this.#directive(line, place)
      case 'faulty':
        // Asterisk asks for the section first.
        if (!file.section && isSetting(line.code)) throw noSection()
        if (line.isFatal) throw new Fatal(line.code, line.message)
        this.#problem('warning', line.code, line.message, place)
    }
  }

  #section(line: SectionLine, file: FileInProgress, place: Place): void {
    const opened = openSection(this.#index, line, { file: place.path, line: place.line }, (code, message) =>
      this.#problem('warning', code, message, place)
    )
    this.#budget.takeSettings(opened.inherited)
    file.section = opened.section
    this.#current = opened.section
  }

  #setting(line: SettingLine, { section }: FileInProgress, { path, line: number }: Place): void {
    if (!section) throw noSection()
    this.#budget.takeSettings(1)
    appendSetting(section, line, { file: path, line: number })
  }

  #directive({ directive, argument }: DirectiveLine, place: Place): void {
    if (directive === 'exec') {
      this.#problem(
        'warning',
        'exec-not-run',
        `#exec ${decode(argument)} is not run here; Asterisk runs it when execincludes is set`,
        place
      )
      return
    }
    const name = decode(argument)
    if (this.#included.has(name)) this.#problem('warning', 'included-again', `${name} is included more than once`, place)
    this.#included.add(name)
    const outcome = this.#loadFile(name, place)
    if (outcome === 'missing' && directive === 'include')
      throw new Fatal('include-missing', `There is no file ${name} to include`)
  }

  #problem(severity: ConfigProblem['severity'], code: ConfigProblemCode, message: string, { path, line }: Place): void {
    this.#problems.push({ severity, code, message, file: path, line })
  }
}

/** A file that is being read, and the section that its settings go to. */
class FileInProgress {
  readonly path: string
  section: SectionDraft | undefined

  constructor(path: string, section: SectionDraft | undefined) {
    this.path = path
    this.section = section
  }
}

function noSection(): Fatal {
  return new Fatal('no-section', 'A setting stands before any section')
}

function isSetting(code: ConfigProblemCode): boolean {
  return code === 'no-equals' || code === 'no-name' || code === 'invalid-escape'
}

function withoutMark(text: string): string {
  return text.startsWith('\xef\xbb\xbf') ? text.slice(3) : text
}
