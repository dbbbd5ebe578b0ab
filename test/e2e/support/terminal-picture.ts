/** Text of one look. */
interface Run {
  text: string
  bold: boolean
  dim: boolean
  /** 30 to 37, 90 to 97; undefined: the terminal's own. */
  color: number | undefined
}

/** Escape sequences that look like nothing (cursor, modes), beside those for colours. */
const sequence = /\x1b\[([0-9;?]*)([A-Za-z])|\x1b[()][A-Z0-9]|\r/g

/** What a terminal shows, as lines of runs: it follows SGR (ECMA-48, 8.3.117) for bold, dim and the sixteen colours, and leaves other sequences out. */
export function readTerminalText(shown: string): Run[][] {
  let [bold, dim, color]: [boolean, boolean, number | undefined] = [false, false, undefined]
  return shown
    .replace(/\r?\n$/, '')
    .split('\n')
    .map((line) => {
      const runs: Run[] = []
      let from = 0
      const take = (to: number) => {
        if (to > from) runs.push({ text: line.slice(from, to), bold, dim, color })
      }
      for (const found of line.matchAll(sequence)) {
        take(found.index)
        from = found.index + found[0].length
        if (found[2] !== 'm') continue
        for (const code of found[1]!.split(';').map(Number)) {
          if (code === 0) [bold, dim, color] = [false, false, undefined]
          else if (code === 1) bold = true
          else if (code === 2) dim = true
          else if (code === 22) [bold, dim] = [false, false]
          else if (code === 39) color = undefined
          else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) color = code
        }
      }
      take(line.length)
      return runs
    })
}

/** A terminal goes on below with what is longer than its lines. */
export function wrapped(lines: readonly Run[][], columns: number): Run[][] {
  return lines.flatMap((line) => {
    const parts: Run[][] = [[]]
    let room = columns
    for (const run of line) {
      let rest = [...run.text]
      while (rest.length > 0) {
        if (room === 0) {
          parts.push([])
          room = columns
        }
        parts.at(-1)!.push({ ...run, text: rest.slice(0, room).join('') })
        const taken = Math.min(room, rest.length)
        rest = rest.slice(taken)
        room -= taken
      }
    }
    return parts
  })
}

/** On the dark ground; contrast of 4.5 and more. */
const palette: Readonly<Record<number, string>> = {
  30: '#8b949e',
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  37: '#e6edf3'
}

const cell = { width: 8.4, height: 19 }
const margin = { x: 18, top: 46, bottom: 16 }

/**
 * A picture (SVG) of a terminal. Each line is one `<text>` of the width that its characters have in a grid, whatever the reader's font.
 * @param lines what is shown
 * @param columns the width of the terminal
 * @param title for who does not see it
 */
export function terminalPicture(lines: readonly Run[][], { columns, title }: { columns: number; title: string }): string {
  const width = Math.ceil(columns * cell.width + 2 * margin.x)
  const height = margin.top + lines.length * cell.height + margin.bottom
  const texts = lines.flatMap((runs, index) => {
    const length = [...runs.map(({ text }) => text).join('')].length
    if (length === 0) return []
    const y = margin.top + index * cell.height
    const shown = runs.map(span).join('')
    return `<text x="${margin.x}" y="${y}" textLength="${(length * cell.width).toFixed(1)}" xml:space="preserve">${shown}</text>`
  })
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, at) => `<circle cx="${margin.x + 6 + at * 20}" cy="18" r="6" fill="${fill}"/>`
  )
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" fill="#e6edf3">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117" stroke="#30363d"/>`,
    ...dots,
    ...texts,
    '</svg>'
  ].join('\n')}\n`
}

function span({ text, bold, dim, color }: Run): string {
  const look = [
    ...(bold ? ['font-weight="bold"'] : []),
    ...(dim ? ['opacity="0.7"'] : []),
    ...(color === undefined ? [] : [`fill="${palette[color >= 90 ? color - 60 : color]}"`])
  ]
  return look.length === 0 ? escapeXml(text) : `<tspan ${look.join(' ')}>${escapeXml(text)}</tspan>`
}

/** The lines that a picture shows, without their looks. */
export function textOfPicture(svg: string): string[] {
  return [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, shown]) =>
    shown!
      .replace(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
  )
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
