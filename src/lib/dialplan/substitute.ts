/** Text with its variables put in. `isWhole` is false when something is left as written because it cannot be known here: a function, an expression. */
export interface Substituted {
  readonly text: string
  readonly isWhole: boolean
}

/** How deep `${${…}}` is followed. Asterisk has no bound but its stack; a dialplan has two or three. */
const maxDepth = 32

/**
 * Puts global variables into text as it is done when extensions.conf is loaded (pbx_variables.c): `${NAME}`, `${NAME:offset:length}`, names that are put together.
 * A variable that is not set is empty. Functions and expressions stay as they are.
 */
export function substituteGlobals(text: string, globals: ReadonlyMap<string, string>, depth = 0): Substituted {
  let done = ''
  let isWhole = true
  for (let at = 0; at < text.length; ) {
    const start = text.indexOf('$', at)
    const isVariable = start >= 0 && text[start + 1] === '{'
    const isExpression = start >= 0 && text[start + 1] === '['
    done += text.slice(at, start < 0 ? undefined : isVariable || isExpression ? start : start + 1)
    if (start < 0) break
    at = start + 1
    if (!isVariable && !isExpression) continue
    const end = isVariable ? endOf(text, start + 2, '{', '}') : endOf(text, start + 2, '[', ']')
    const inside = text.slice(start + 2, end - (text[end - 1] === (isVariable ? '}' : ']') ? 1 : 0))
    const value = isVariable && depth < maxDepth ? variable(inside, globals, depth) : undefined
    done += value ?? text.slice(start, end)
    isWhole &&= value !== undefined
    at = end
  }
  return { text: done, isWhole }
}

/** Behind the bracket that closes, or the end of the text. */
function endOf(text: string, from: number, open: string, close: string): number {
  let depth = 1
  let at = from
  while (depth > 0 && at < text.length) {
    if (text[at] === open) depth++
    else if (text[at] === close) depth--
    at++
  }
  return at
}

function variable(inside: string, globals: ReadonlyMap<string, string>, depth: number): string | undefined {
  const name = substituteGlobals(inside, globals, depth + 1)
  if (!name.isWhole || name.text.includes('(')) return undefined
  const colon = name.text.indexOf(':')
  if (colon < 0) return globals.get(name.text) ?? ''
  const [, offset, , length] = /^\s*([+-]?\d+)(:\s*([+-]?\d+))?/.exec(name.text.slice(colon + 1)) ?? []
  return substring(
    globals.get(name.text.slice(0, colon)) ?? '',
    Number(offset ?? 0),
    length === undefined ? undefined : Number(length)
  )
}

/** `:offset:length`: a negative offset counts from the end, a negative length leaves so many out at the end. */
export function substring(value: string, offset: number, length?: number): string {
  const start = offset < 0 ? Math.max(0, value.length + offset) : offset
  const rest = value.slice(start)
  if (length === undefined) return rest
  return length < 0 ? rest.slice(0, Math.max(0, rest.length + length)) : rest.slice(0, length)
}
