/** One simple command of a shell's text: what is put before its name (`A=b`), and its words without quotes. */
export interface ShellCommand {
  assignments: string[]
  words: string[]
}

/** In the order in which they are tried at each place: what is longer first. */
const token =
  /\\\n|[ \t]+|#[^\n]*|\n|\|\||&&|[|;&()]|\d*(?:>>|>&|<<<|[<>])|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|\$\([^)]*\)|[^\s|;&()<>'"\\]+/y

/**
 * The commands of a text as a POSIX shell splits it: quotes, `\`, comments, `|`, `&&`, `||`, `;`, `&` and line ends; redirections are left out with
 * the word behind them. Nothing is expanded: `$NAME`, `$(…)` and `~` stay as they are.
 * @throws Error at what it does not know, an open quote among it
 */
export function shellCommands(text: string): ShellCommand[] {
  const commands: ShellCommand[] = []
  let words: string[] = []
  let word: string | undefined
  let isTarget = false
  const endWord = () => {
    if (word !== undefined && !isTarget) words.push(word)
    if (word !== undefined) isTarget = false
    word = undefined
  }
  const endCommand = () => {
    endWord()
    const first = words.findIndex((one) => !/^[A-Za-z_]\w*=/.test(one))
    const count = first < 0 ? words.length : first
    if (words.length > 0) commands.push({ assignments: words.slice(0, count), words: words.slice(count) })
    words = []
  }
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const at = token.lastIndex
    const found = token.exec(text)?.[0]
    if (found === undefined) throw new Error(`no shell reads on at ${JSON.stringify(text.slice(at, at + 30))}`)
    if (found === '\\\n') continue
    if (/^[ \t]/.test(found)) endWord()
    else if (found.startsWith('#') && word === undefined) continue
    else if (/^(\n|\|\|?|&&?|[;()])$/.test(found)) endCommand()
    else if (/^\d*(>>|>&|<<<|[<>])$/.test(found)) {
      endWord()
      isTarget = true
    } else word = (word ?? '') + unquoted(found)
  }
  endCommand()
  return commands
}

function unquoted(part: string): string {
  if (part.startsWith("'")) return part.slice(1, -1)
  if (part.startsWith('"'))
    return part
      .slice(1, -1)
      .replace(/\\([$`"\\])/g, '$1')
      .replaceAll('\\\n', '')
  return part.startsWith('\\') ? part.slice(1) : part
}
