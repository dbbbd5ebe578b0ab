import { escapeControls } from './terminal-text.js'

/** A header to show: any name and value. */
interface ShownHeader {
  name: string
  value: string
}

type Paint = (text: string) => string

/** How a block is coloured; without a terminal nothing is. */
export interface BlockColors {
  name: Paint
  title: Paint
  error: Paint
}

const plain: BlockColors = { name: (text) => text, title: (text) => text, error: (text) => text }

/** The colours for a stream: chalk knows the terminal, NO_COLOR and FORCE_COLOR. */
export async function blockColors(isTerminal: boolean): Promise<BlockColors> {
  if (!isTerminal && !process.env.FORCE_COLOR) return plain
  const { default: chalk } = await import('chalk')
  return { name: chalk.cyan, title: chalk.bold, error: chalk.red }
}

/** A block for people: one header a line, what the terminal would obey escaped, and an empty line after it. */
export function blockText(headers: readonly ShownHeader[], colors: BlockColors): string {
  const lines = headers.map(({ name, value }, index) => {
    const text = escapeControls(value)
    if (name === '') return text
    const isError = name === 'Response' && value === 'Error'
    return `${colors.name(`${escapeControls(name)}:`)} ${index === 0 ? (isError ? colors.error(text) : colors.title(text)) : text}`
  })
  return `${lines.join('\n')}\n\n`
}
