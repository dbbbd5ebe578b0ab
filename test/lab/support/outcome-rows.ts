import fs from 'node:fs'
import path from 'node:path'

/** A row of a table in the guide: what happens, and what the dialplan finds by protocol 2 and 1. */
export interface OutcomeRow {
  /** The cells that say what happens. */
  readonly words: readonly string[]
  /** `AGISTATUS BRIDGE_OUTCOME BRIDGE_REASON`. */
  readonly cells: readonly string[]
}

const guide = path.join(import.meta.dirname, '../../../docs/agi-tunnel.md')

/** The rows of the table behind `<!-- measured: NAME -->`: cells in backquotes are outcomes, the others say what happens. */
export function outcomeRows(name: string): OutcomeRow[] {
  const text = fs.readFileSync(guide, 'utf8')
  const begin = text.indexOf(`<!-- measured: ${name} -->`)
  if (begin < 0) throw new Error(`the guide has no measured table ${name}`)
  const [, table] = /\n((?:\|.*\n)+)/.exec(text.slice(begin)) ?? []
  const rows = (table ?? '').trimEnd().split('\n').slice(2)
  if (rows.length === 0) throw new Error(`the table ${name} has no rows`)
  return rows.map((row) => {
    const cells = row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    const outcomes = cells.flatMap((cell) => /^`(.*)`$/.exec(cell)?.[1] ?? [])
    return { words: cells.filter((cell) => !cell.startsWith('`')), cells: outcomes }
  })
}

/** The dialplan that the guide shows. */
export function dialplanOfGuide(): string {
  const [, block] = /<!-- lab: dialplan -->\n```ini\n([\s\S]*?)```/.exec(fs.readFileSync(guide, 'utf8')) ?? []
  if (block === undefined) throw new Error('the guide has no dialplan')
  return block
}
