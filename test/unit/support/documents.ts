import fs from 'node:fs'
import path from 'node:path'

export const root = path.join(import.meta.dirname, '../../..')

/** A fenced block of a page. */
export interface CodeBlock {
  /** `docs/proxy.md:12` */
  place: string
  /** What stands behind the fence: `sh`, `ini` …; empty without a word. */
  language: string
  /** What a comment right above the fence says to tests: `<!-- run: demo -->` is `run: demo`. */
  mark: string
  text: string
}

/** One page of the documentation. */
export interface Page {
  /** In the repository, with slashes: `docs/proxy.md` */
  file: string
  text: string
  blocks: CodeBlock[]
  /** Inline code outside of blocks; in a table a bar is written `\|`. */
  spans: { place: string; text: string }[]
  /** What GitHub makes of its headings, for links. */
  anchors: Set<string>
}

/** README.md and its neighbours, and all of docs/. */
export function readPages(): Page[] {
  const neighbours = fs.readdirSync(root).filter((name) => name.endsWith('.md'))
  const docs = fs
    .readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
  return [...neighbours, ...docs.map((name) => path.posix.join('docs', ...name.split(path.sep)))].sort().map(readPage)
}

function readPage(file: string): Page {
  const text = fs.readFileSync(path.join(root, file), 'utf8')
  return { file, text, ...readMarkdown(text, file) }
}

/** @param file its name, for places */
export function readMarkdown(text: string, file: string): Pick<Page, 'blocks' | 'spans' | 'anchors'> {
  const blocks: CodeBlock[] = []
  const spans: Page['spans'] = []
  const headings: string[] = []
  let open: CodeBlock | undefined
  let before = ''
  for (const [index, line] of text.split('\n').entries()) {
    const place = `${file}:${index + 1}`
    if (open) {
      if (line === '```') open = undefined
      else open.text += `${line}\n`
      continue
    }
    const fence = /^```(\S*)$/.exec(line)
    if (fence) {
      open = { place, language: fence[1]!, mark: /^<!-- (.*) -->$/.exec(before)?.[1] ?? '', text: '' }
      blocks.push(open)
    } else if (line.startsWith('#')) headings.push(line.replace(/^#+ /, ''))
    if (!fence)
      for (const [, code] of line.matchAll(/`([^`]+)`/g))
        spans.push({ place, text: line.startsWith('|') ? code!.replaceAll('\\|', '|') : code! })
    before = line
  }
  if (open) throw new Error(`${open.place}: the block is not closed`)
  return { blocks, spans, anchors: anchorsOf(headings) }
}

/** As GitHub makes them: small letters, nothing but letters, digits, `_`, `-` and blanks, which become `-`; the second of a name gets `-1`. */
function anchorsOf(headings: readonly string[]): Set<string> {
  const anchors = new Set<string>()
  for (const heading of headings) {
    const shown = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const slug = shown
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
    let anchor = slug
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`
    anchors.add(anchor)
  }
  return anchors
}
