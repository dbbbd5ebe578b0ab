/** The options of Dial that take an argument in parentheses (app_dial.c). */
const withArgument = 'AbBDfFGLmnoOPQrSsuU'

/** Options of one letter, each with what stands in its parentheses, as ast_app_parse_options reads them. */
export function parseDialOptions(text: string): Map<string, string> {
  const options = new Map<string, string>()
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!
    const close = text[at + 1] === '(' ? endOf(text, at + 1) : -1
    options.set(letter, close < 0 || !withArgument.includes(letter) ? '' : text.slice(at + 2, close))
    if (close >= 0) at = close
  }
  return options
}

/** The parenthesis that closes the one at `open`; -1 when none does. */
function endOf(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++
    else if (text[at] === ')' && --depth === 0) return at
  }
  return -1
}

/** `context^extension^priority` as a location; commas that are there stay. */
export function withCommas(text: string): string {
  return text.replaceAll('^', ',')
}
