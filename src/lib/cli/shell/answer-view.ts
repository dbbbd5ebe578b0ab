import { type Answer, isEmptyList } from '../../ami/answer.js'
import { blockToJson } from '../../ami/json.js'
import type { AnswerView } from '../../ami-shell/shell-words.js'
import { AnswerPrinter } from '../answer-printer.js'
import type { BlockColors } from '../block-text.js'
import type { Output } from '../output.js'
import { escapeControlsInLines } from '../terminal-text.js'
import { tableColumns } from './table-columns.js'

/** Shows an answer as people want it: a list as a table, the text of a Command as it is, all else as a block; or as they say. */
export async function showAnswer(
  out: Output,
  answer: Answer,
  { view, columns, colors }: { view: AnswerView; columns: readonly string[] | undefined; colors: BlockColors }
): Promise<void> {
  const print = (format: 'blocks' | 'table' | 'json', shown?: readonly string[]) =>
    new AnswerPrinter(out, { format, columns: shown, colors, compact: false }).print(answer)
  if (view === 'raw') return out.write(rawText(answer))
  if (view === 'json' || view === 'blocks') return print(view)
  const isList = answer.items.length > 0 || answer.complete !== undefined || isEmptyList(answer)
  if (!isList) return print(view === 'table' ? 'table' : 'blocks', columns)
  if (answer.items.length === 0) return out.line('No items.')
  const rows = answer.items.map(blockToJson)
  const chosen = columns ? { columns, leftOut: 0 } : tableColumns(rows, out.width)
  await print('table', chosen.columns)
  const count = `${rows.length} ${rows.length === 1 ? 'item' : 'items'}${answer.cancelled ? ', broken off by the server' : ''}`
  await out.line(
    chosen.leftOut > 0
      ? `${count}; ${chosen.leftOut} more ${chosen.leftOut === 1 ? 'column' : 'columns'} with \\blocks or \\json`
      : count
  )
}

/** The blocks as they came, line by line; what the terminal would obey is shown escaped. */
function rawText({ response, items, complete }: Answer): string {
  const blocks = [response, ...items, ...(complete ? [complete] : [])]
  return blocks.map(({ bytes }) => `${escapeControlsInLines(bytes.toString('utf8').replaceAll('\r\n', '\n'))}\n`).join('')
}
