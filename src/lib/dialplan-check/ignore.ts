import type { RuleCode } from './rules.js'
import { ruleCodes, rules } from './rules.js'
import type { SourceLines } from './source-lines.js'

const comment = /;.*?pbxkit-ignore(-file)?[ \t:]+([a-z][a-z-]*(?:[ \t,]+[a-z][a-z-]*)*)/
const mark = 'pbxkit-ignore'

interface FileIgnores {
  readonly whole: ReadonlySet<string>
  readonly lines: ReadonlyMap<number, ReadonlySet<string>>
}

/**
 * `; pbxkit-ignore CODE …` on a line or the line above, `; pbxkit-ignore-file CODE …` anywhere in a file. Words behind the codes are a remark: codes go on as long as the words
 * are codes.
 */
export class Ignores {
  readonly #lines: SourceLines
  readonly #files = new Map<string, FileIgnores>()
  readonly #always: ReadonlySet<string>

  constructor(lines: SourceLines, always: readonly string[]) {
    this.#lines = lines
    this.#always = new Set(always)
  }

  has(code: RuleCode, file: string, line: number): boolean {
    if (this.#always.has(code)) return true
    const { whole, lines } = this.of(file)
    if (whole.has(code) || lines.get(line)?.has(code)) return true
    return isAlone(this.#lines.line(file, line - 1)) && (lines.get(line - 1)?.has(code) ?? false)
  }

  of(file: string): FileIgnores {
    const known = this.#files.get(file)
    if (known) return known
    const whole = new Set<string>()
    const lines = new Map<number, ReadonlySet<string>>()
    for (const [index, text] of this.#marked(file)) {
      const found = readIgnore(text)
      if (found?.isWholeFile) for (const code of found.codes) whole.add(code)
      else if (found) lines.set(index + 1, new Set(found.codes))
    }
    const read = { whole, lines }
    this.#files.set(file, read)
    return read
  }

  /** Lines that have one, by their index. */
  #marked(file: string): (readonly [index: number, text: string])[] {
    if (!this.#lines.mentions(file, mark)) return []
    return [...this.#lines.of(file).entries()].filter(([, text]) => text.includes(mark))
  }

  /** First words that are no codes. */
  *unknown(file: string): Generator<{ line: number; word: string }> {
    for (const [index, text] of this.#marked(file)) {
      const word = comment.exec(text)?.[2]?.split(/[ \t,]+/)[0]
      if (word !== undefined && !Object.hasOwn(rules, word)) yield { line: index + 1, word }
    }
  }
}

function readIgnore(text: string): { codes: readonly string[]; isWholeFile: boolean } | undefined {
  const match = comment.exec(text)
  if (!match) return undefined
  const words = match[2]!.split(/[ \t,]+/)
  const end = words.findIndex((word) => !(ruleCodes as string[]).includes(word))
  return { codes: end < 0 ? words : words.slice(0, end), isWholeFile: match[1] !== undefined }
}

/** A comment behind a setting is about that line only. */
function isAlone(line: string): boolean {
  return /^\s*;/.test(line)
}
