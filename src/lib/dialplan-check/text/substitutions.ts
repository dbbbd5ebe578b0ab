/** `${NAME}`, `${NAME:1:2}`, `${FUNCTION(arguments)}`. Numbers are indexes in the whole text. */
export interface Variable {
  readonly kind: 'variable'
  readonly start: number
  readonly end: number
  /** Undefined when it is put together of other variables. */
  readonly name: string | undefined
  /** What stands between the parentheses; undefined without. */
  readonly arguments: { readonly start: number; readonly end: number } | undefined
  /** `:offset:length` as written. */
  readonly cut: { readonly offset: string; readonly length: string | undefined } | undefined
  /** What is put in inside of it. */
  readonly inside: readonly Substitution[]
}

/** `$[…]`. */
export interface Expression {
  readonly kind: 'expression'
  readonly start: number
  readonly end: number
  readonly inside: readonly Substitution[]
}

export type Substitution = Variable | Expression

/** What Asterisk would trip over. */
export interface SubstitutionFault {
  readonly at: number
  readonly message: string
}

/** How deep one is looked for in another: Asterisk has no bound but its stack; a dialplan has five or six. */
const maxDepth = 32

/**
 * Finds what Asterisk puts in (pbx_variables.c): a `{` or `[` behind `$` ends where as many of its like are closed, quotes or not.
 * @param faults what is not closed, or has parentheses that do not match
 */
export function findSubstitutions(text: string, faults: SubstitutionFault[] = []): Substitution[] {
  return text.includes('$') ? find(text, 0, text.length, faults, 0) : []
}

function find(text: string, from: number, to: number, faults: SubstitutionFault[], depth: number): Substitution[] {
  const found: Substitution[] = []
  for (let at = text.indexOf('$', from); at >= 0 && at < to; ) {
    const open = text[at + 1]
    if ((open !== '{' && open !== '[') || at + 1 >= to) {
      at = text.indexOf('$', at + 1)
      continue
    }
    const end = endOf(text, at + 2, to, open, open === '{' ? '}' : ']')
    if (end === undefined) {
      faults.push({ at, message: `No closing ${open === '{' ? '}' : ']'} of $${open}` })
      return found
    }
    const inside = depth < maxDepth ? find(text, at + 2, end - 1, faults, depth + 1) : []
    found.push(open === '[' ? { kind: 'expression', start: at, end, inside } : readVariable(text, at, end, inside, faults))
    at = text.indexOf('$', end)
  }
  return found
}

function endOf(text: string, from: number, to: number, open: string, close: string): number | undefined {
  let depth = 1
  for (let at = from; at < to; at++) {
    if (text[at] === open) depth++
    else if (text[at] === close && --depth === 0) return at + 1
  }
  return undefined
}

function readVariable(
  text: string,
  start: number,
  end: number,
  inside: readonly Substitution[],
  faults: SubstitutionFault[]
): Variable {
  const skeleton = blank(text, start + 2, end - 1, inside)
  const base = start + 2
  const open = skeleton.indexOf('(')
  const close = skeleton.lastIndexOf(')')
  const fault = parenthesisFault(skeleton)
  if (fault !== undefined) faults.push({ at: base + fault.at, message: `${fault.message} in ${text.slice(start, end)}` })
  const isFunction = open >= 0 && close > open
  const tail = isFunction ? skeleton.slice(close + 1) : skeleton
  const colon = isFunction ? (tail[0] === ':' ? 0 : -1) : tail.indexOf(':')
  const nameEnd = isFunction ? open : colon < 0 ? skeleton.length : colon
  const isDynamic = inside.some((one) => one.start < base + nameEnd)
  return {
    kind: 'variable',
    start,
    end,
    name: isDynamic ? undefined : text.slice(base, base + nameEnd),
    arguments: isFunction ? { start: base + open + 1, end: base + close } : undefined,
    cut: colon < 0 ? undefined : readCut(tail.slice(colon + 1)),
    inside
  }
}

function readCut(text: string): { offset: string; length: string | undefined } {
  const [offset = '', length] = text.split(':')
  return { offset, length }
}

/** The text with what is put in made blank, so that it is not looked at. */
export function blank(text: string, start: number, end: number, inside: readonly Substitution[]): string {
  let done = ''
  let at = start
  for (const one of inside) {
    done += text.slice(at, one.start) + '\x01'.repeat(one.end - one.start)
    at = one.end
  }
  return done + text.slice(at, end)
}

/** Parentheses in quotes or behind a backslash are text. */
function parenthesisFault(text: string): { at: number; message: string } | undefined {
  if (!/[()]/.test(text)) return undefined
  const open: number[] = []
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\\') at++
    else if (char === '"') isQuoted = !isQuoted
    else if (isQuoted) continue
    else if (char === '(') open.push(at)
    else if (char === ')' && open.pop() === undefined) return { at, message: 'A ) without its (' }
  }
  return open.length > 0 ? { at: open[0]!, message: 'A ( without its )' } : undefined
}

/** All of them, the inner ones too. */
export function* eachSubstitution(all: readonly Substitution[]): Generator<Substitution> {
  for (const one of all) {
    yield one
    yield* eachSubstitution(one.inside)
  }
}
