import { MemoryFiles } from '../../asterisk-config/files.js'
import { loadConfig } from '../../asterisk-config/load.js'

/** Does a number go away, or to another endpoint? Calls follow numbers.conf at once, so that it is written before the endpoint is gone. */
export function removesNumbers(before: string, after: string): boolean {
  const now = numbersIn(after)
  return [...numbersIn(before)].some(([number, name]) => now.get(number) !== name)
}

function numbersIn(text: string): Map<string, string> {
  const { sections } = loadConfig('numbers.conf', new MemoryFiles({ 'numbers.conf': text }))
  return new Map(sections.flatMap(({ settings }) => settings.map(({ name, value }) => [name, value] as const)))
}
