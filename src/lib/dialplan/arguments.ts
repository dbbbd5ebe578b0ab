/**
 * Cuts the data of an application at its commas as Asterisk's applications do (app.c, AST_STANDARD_APP_ARGS): not within parentheses, brackets and double quotes; quotes go, and
 * a backslash goes and keeps what follows as it is. No data is no argument.
 */
export function splitArguments(data: string): string[] {
  const found: string[] = []
  let current = ''
  let parentheses = 0
  let brackets = 0
  let isQuoted = false
  for (let at = 0; at < data.length; at++) {
    const char = data[at]!
    if (char === '(') parentheses++
    else if (char === ')') parentheses = Math.max(0, parentheses - 1)
    else if (char === '[') brackets++
    else if (char === ']') brackets = Math.max(0, brackets - 1)
    else if (char === '"') {
      isQuoted = !isQuoted
      continue
    } else if (char === '\\') {
      current += data[++at] ?? ''
      continue
    } else if (char === ',' && parentheses === 0 && brackets === 0 && !isQuoted) {
      found.push(current)
      current = ''
      continue
    }
    current += char
  }
  return data === '' ? [] : [...found, current]
}

/** `Dial(PJSIP/1,30)` as its name and data. Without a parenthesis there is no data. */
export interface ApplicationCall {
  readonly application: string
  readonly data: string
  /** No closing parenthesis: what follows the opening one is the data all the same. */
  readonly isUnclosed: boolean
}

/** Reads what stands behind a priority (pbx_config.c): the data ends at the last closing parenthesis, and what follows it is not read. */
export function parseApplication(text: string): ApplicationCall {
  const open = text.indexOf('(')
  const application = open < 0 ? text : text.slice(0, open)
  // A hint such as `PJSIP/${GLOBAL(x)}` has no arguments: a variable comes first.
  if (open < 0 || /\$[{[]/.test(application)) return { application: withoutBlanksBefore(text), data: '', isUnclosed: false }
  const close = text.lastIndexOf(')')
  const isUnclosed = close < open
  return { application: withoutBlanksBefore(application), data: text.slice(open + 1, isUnclosed ? undefined : close), isUnclosed }
}

function withoutBlanksBefore(text: string): string {
  return text.replace(/^[\x01-\x20]+/, '')
}

/**
 * Takes the first field of a line `exten => …` (pbx_config.c, pbx_strsep): up to a comma that stands in no bracket and behind no backslash, which stays.
 * @returns the field, and the rest; undefined without a comma
 */
export function takeExtension(text: string): { field: string; rest: string | undefined } {
  let brackets = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '[') brackets++
    else if (char === ']') brackets = Math.max(0, brackets - 1)
    else if (char === '\\') at++
    else if (char === ',' && brackets === 0) return { field: text.slice(0, at), rest: restOf(text, at) }
  }
  return { field: text, rest: undefined }
}

/** Takes a field up to the next comma, whatever stands before it. */
export function takeField(text: string | undefined): { field: string; rest: string | undefined } {
  if (text === undefined) return { field: '', rest: undefined }
  const at = text.indexOf(',')
  return at < 0 ? { field: text, rest: undefined } : { field: text.slice(0, at), rest: text.slice(at + 1) }
}

/** Nothing behind the comma is no rest. */
function restOf(text: string, comma: number): string | undefined {
  return comma + 1 < text.length ? text.slice(comma + 1) : undefined
}
