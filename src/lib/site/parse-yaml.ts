import { Composer, type Document, Lexer, type LineCounter, Parser, YAMLParseError } from 'yaml'

/** How a YAML document of ours is parsed: every scalar is text as it was written, so that `+46701234567` keeps its plus. */
export const yamlOptions = { schema: 'failsafe', keepSourceTokens: false, prettyErrors: false, stringKeys: true } as const

/**
 * Collections that are open at a time, with what the parser keeps beside them; a site has six or so. The library goes down by itself once for each, and where the stack ends in the
 * middle of a regular expression, V8 ends the process and nothing can catch that: some thousand brackets in a file of users would do.
 */
const maxOpen = 200

/** The first document of a text, as `parseDocument` of the library gives it, with an error and nothing inside where it is nested too deeply. */
export function parseYaml(text: string, lines: LineCounter): Document.Parsed {
  const composer = new Composer(yamlOptions)
  const state: { tooDeepAt?: number } = {}
  const [document, second] = composer.compose(shallowTokens(text, lines, state), true, text.length)
  if (state.tooDeepAt !== undefined)
    document!.errors.push(new YAMLParseError([state.tooDeepAt, state.tooDeepAt + 1], 'IMPOSSIBLE', 'This is nested too deeply'))
  if (second)
    document!.errors.push(new YAMLParseError([second.range[0], second.range[1]], 'MULTIPLE_DOCS', 'There is a second document'))
  return document as Document.Parsed
}

/** The tokens of the library's own parser, as long as few are open. */
function* shallowTokens(text: string, lines: LineCounter, state: { tooDeepAt?: number }) {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    if (parser.stack.length <= maxOpen) continue
    state.tooDeepAt = parser.offset
    return
  }
  yield* parser.end()
}
