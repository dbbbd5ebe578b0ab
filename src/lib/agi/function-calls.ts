/** A dialplan function as it is called: `CHANNEL(language)` is CHANNEL with `language`. */
export interface FunctionCall {
  /** In upper case: Asterisk's names are. */
  readonly name: string
  readonly argument: string
}

/** Why an expression cannot be judged: names of functions or variables that are put together while it is evaluated. */
export const computedName = 'computed'

/**
 * Finds every function that an expression (`GET FULL VARIABLE`, options of EXEC with AGIEXECFULL=yes) may call. From the first `${` on everything of the form
 * `NAME(` counts, also in arguments: CUT and others evaluate what they are given.
 *
 * `${${X}}` and `${A${X}(...)}` call what the value of X says (tried on Asterisk 22.10.1), so that they cannot be judged.
 */
export function expressionCalls(text: string): FunctionCall[] | typeof computedName {
  const calls: FunctionCall[] = []
  for (let at = text.indexOf('${'); at >= 0; at = text.indexOf('${', at + 2)) {
    const head = /^[^(:}]*/.exec(text.slice(at + 2))![0]
    if (head.includes('$')) return computedName
  }
  const start = text.indexOf('${')
  if (start >= 0) calls.push(...callsIn(text.slice(start + 2)))
  return calls
}

/**
 * Every `NAME(` of a text, also in the arguments of another; blanks before the parenthesis count as nothing. The argument reaches to the first parenthesis or
 * comma.
 */
export function callsIn(text: string): FunctionCall[] {
  const calls: FunctionCall[] = []
  // A plain variable: to start the search costs more than all else that is done with such a command.
  if (!text.includes('(')) return calls
  for (const [, name, argument] of text.matchAll(/([A-Za-z0-9_]+)[ \t]*\((?=([^(),]*))/g)) {
    // A variable's name may begin with `_` or `__`, which children of the channel inherit.
    calls.push({ name: name!.toUpperCase().replace(/^_+/, ''), argument: argument!.trim().toLowerCase() })
  }
  return calls
}
