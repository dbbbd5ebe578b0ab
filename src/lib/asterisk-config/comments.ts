import { maxNestedComments } from './limits.js'

/** The block comments that are open. Asterisk carries this from one file of a glob to the next. */
export class CommentState {
  /**
   * How many are open. Below 0 after a `--;` that closed nothing: Asterisk counts on, and takes all that follows for a comment
   * until a `;--` brings it back to 0.
   */
  depth = 0
  /** The lines on which the open ones begin. */
  readonly openedAt: number[] = []
}

/** What is left of a line without its comments. */
export interface Uncommented {
  /** Without blanks (bytes up to 32) at both ends; one character a byte. */
  readonly text: string
  /** Where each character of `text` stands in the line. Only when asked for. */
  readonly positions: readonly number[] | undefined
  readonly isNestedTooDeep: boolean
}

interface Cell {
  readonly char: string
  readonly at: number
}

const semicolon = ';'

/**
 * Takes comments out of a line as Asterisk does (config.c, config_text_file_load): `;` to the end, `;-- --;` over lines and inside one another, `\;` for a
 * semicolon. `;---` is no block. An escape counts inside a block too.
 * @param line one character a byte
 * @param state is moved on
 */
export function uncomment(line: string, state: CommentState, lineNumber: number, wantsPositions = false): Uncommented {
  const plain = wantsPositions ? undefined : plainText(line, state.depth)
  if (plain !== undefined) return { text: plain, positions: undefined, isNestedTooDeep: false }
  return new LineCleaner(line, state, lineNumber).clean(wantsPositions)
}

/** The common lines, without looking at each character: no semicolon, or one that begins a comment up to the end. Undefined for all others. */
function plainText(line: string, depth: number): string | undefined {
  const at = line.indexOf(semicolon)
  if (at < 0) return depth === 0 ? strip(line) : ''
  if (depth !== 0 || line[at - 1] === '\\' || line[at - 1] === '-' || line[at + 1] === '-') return undefined
  return strip(line.slice(0, at))
}

/** One line on its way through the comments. The cells shrink as Asterisk moves the rest of its buffer over what it takes out. */
class LineCleaner {
  readonly #state: CommentState
  readonly #lineNumber: number
  #cells: Cell[]
  /** Where what is looked at begins: nothing before it is looked at again. */
  #from = 0
  /** What stands outside comments so far; undefined while all of the line was inside one. */
  #kept: Cell[] | undefined
  #isNestedTooDeep = false

  constructor(line: string, state: CommentState, lineNumber: number) {
    this.#state = state
    this.#lineNumber = lineNumber
    this.#cells = Array.from(line, (char, at) => ({ char, at }))
    this.#kept = state.depth === 0 ? this.#cells : undefined
  }

  clean(wantsPositions: boolean): Uncommented {
    for (;;) {
      const at = this.#next()
      if (at < 0) break
      if (at > this.#from && this.#is(at - 1, '\\')) this.#unescape(at)
      else if (this.#is(at + 1, '-') && this.#is(at + 2, '-') && !this.#is(at + 3, '-')) this.#open(at)
      else if (at >= this.#from + 2 && this.#is(at - 1, '-') && this.#is(at - 2, '-')) this.#close(at)
      else if (this.#state.depth === 0) this.#cells.length = at
      else this.#from = at + 1
    }
    return this.#result(wantsPositions)
  }

  #next(): number {
    for (let at = this.#from; at < this.#cells.length; at++) if (this.#cells[at]!.char === semicolon) return at
    return -1
  }

  #is(at: number, char: string): boolean {
    return this.#cells[at]?.char === char
  }

  #unescape(at: number): void {
    this.#cells.splice(at - 1, 1)
    this.#from = at
  }

  /** What stands before it is kept aside, because what follows is taken for a line of its own. */
  #open(at: number): void {
    const { depth, openedAt } = this.#state
    if (depth >= maxNestedComments) {
      // Asterisk stays at this semicolon for ever. Nothing is gained by doing so as well.
      this.#isNestedTooDeep = true
      this.#from = at + 1
      return
    }
    const rest = this.#cells.slice(at + 3)
    this.#cells.length = at
    this.#cells = rest
    this.#from = 0
    if (depth >= 0) openedAt.push(this.#lineNumber)
    this.#state.depth++
  }

  #close(at: number): void {
    this.#state.depth--
    this.#state.openedAt.length = Math.max(0, Math.min(this.#state.openedAt.length, this.#state.depth))
    const isOutside = this.#state.depth === 0
    if (!isOutside) {
      this.#from = at + 1
      return
    }
    const rest = this.#cells.slice(at + 1)
    const kept = this.#kept ?? []
    this.#cells = [...kept, ...rest]
    this.#from = kept.length
    this.#kept = this.#cells
  }

  #result(wantsPositions: boolean): Uncommented {
    const cells = this.#kept ?? []
    let start = 0
    let end = cells.length
    while (start < end && isBlank(cells[start]!.char)) start++
    while (end > start && isBlank(cells[end - 1]!.char)) end--
    const inside = cells.slice(start, end)
    return {
      text: inside.map(({ char }) => char).join(''),
      positions: wantsPositions ? inside.map(({ at }) => at) : undefined,
      isNestedTooDeep: this.#isNestedTooDeep
    }
  }
}

function isBlank(char: string): boolean {
  return char.charCodeAt(0) <= 32
}

/** Without the bytes up to 32 at both ends, as ast_strip does. */
export function strip(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= 32) start++
  while (end > start && text.charCodeAt(end - 1) <= 32) end--
  return text.slice(start, end)
}
