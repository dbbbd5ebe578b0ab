import { linesOfXml } from '../formats/recorded.js'

/** One block in whatever format, as the lines of the standard one. */
export type Lines = string[]

/** What was received, as blocks. XML and CSV are read back to the lines that they stand for. */
export function blocksOf(text: string): Lines[] {
  return text
    .split('\r\n\r\n')
    .filter((block) => block !== '')
    .map(linesOf)
}

export function linesOf(block: string): Lines {
  if (block.startsWith('<')) return linesOfXml(block)
  if (block.startsWith('"')) return [...block.matchAll(/"((?:[^"]|"")*)"/g)].map(([, field]) => field!.replaceAll('""', '"'))
  return block.split('\r\n')
}

export function value(lines: Lines, name: string): string | undefined {
  const start = `${name.toLowerCase()}: `
  return lines.find((line) => line.toLowerCase().startsWith(start))?.slice(start.length)
}

/** Both programs say this of themselves, each in its way; it is looked at for itself. */
export function isNews(lines: Lines): boolean {
  return (
    ['Event: FullyBooted', 'Event: ProxyServerUp', 'Event: ProxyServerDown'].includes(lines[0]!) ||
    // The answer to the old program's own login, which it passed on with the banner glued to it.
    lines[0]!.startsWith('Asterisk Call Manager/')
  )
}

/** The blocks of a text that are no news, byte for byte. */
export function withoutNews(text: string): string {
  return text
    .split(/(?<=\r\n\r\n)/)
    .filter((block) => block.trim() === '' || !isNews(linesOf(block.replace(/\r\n\r\n$/, ''))))
    .join('')
}
