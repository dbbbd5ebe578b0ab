import { clientRows, isUp, type ProxyStatus, serverRows, summaryOf } from '../proxy/status.js'
import { type RowFormat, renderRows } from './rows.js'
import { escapeControls, safeJson } from './terminal-text.js'

export const statusLists = ['servers', 'clients'] as const
export type StatusList = (typeof statusLists)[number]

export interface StatusStyle {
  format: RowFormat
  /** Rows of one list; undefined: everything. */
  what: StatusList | undefined
  width: number
  forTerminal: boolean
}

/** A status as text: two tables under a line that sums up, one document, or the rows of one list. */
export async function statusText(status: ProxyStatus, { format, what, width, forTerminal }: StatusStyle): Promise<string> {
  if (format !== 'table') {
    if (what) return renderRows(status[what].map(asRow), format, { width, forTerminal })
    return `${safeJson(status, format === 'json' ? 2 : undefined)}\n`
  }
  const table = (list: StatusList) => renderRows(list === 'servers' ? serverRows(status) : clientRows(status), 'table', { width })
  if (what) return table(what)
  const tables = await Promise.all(statusLists.map(table))
  return [`${escapeControls(summaryOf(status))}\n`, ...tables].filter((text) => text !== '').join('\n')
}

const asRow = (one: object): Record<string, unknown> => ({ ...one })

/** Is the answer "no"? Nobody can work with a proxy without any server. */
export function isWithoutServer({ servers }: ProxyStatus): boolean {
  return !servers.some(isUp)
}

/** The text in the place of what the terminal shows: line by line, since clearing it first would flicker; cut to its height. */
export function redraw(text: string, rows: number): string {
  const lines = text.trimEnd().split('\n')
  const room = Math.max(1, rows - 1)
  const shown = lines.length > room ? [...lines.slice(0, room - 1), `… ${lines.length - room + 1} more lines`] : lines
  return `\x1b[H${shown.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`
}
