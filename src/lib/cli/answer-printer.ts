import { type Answer, isEmptyList } from '../ami/answer.js'
import { type Block, commandOutput } from '../ami/block.js'
import { answerToJson, blockToJson } from '../ami/json.js'
import { type BlockColors, blockText } from './block-text.js'
import type { Output } from './output.js'
import { type RowFormat, renderRows, rowFormats } from './rows.js'
import { escapeControlsInLines, safeJson } from './terminal-text.js'

export const answerFormats = ['blocks', ...rowFormats] as const
export type AnswerFormat = (typeof answerFormats)[number]

export interface AnswerStyle {
  format: AnswerFormat
  columns: readonly string[] | undefined
  colors: BlockColors
  /** JSON documents are one line each. */
  compact: boolean
}

/** Prints answers: the text of a Command as `asterisk -rx` would, blocks, one JSON document each, or the items of a list as rows. */
export class AnswerPrinter {
  readonly #out: Output
  readonly #style: AnswerStyle

  constructor(out: Output, style: AnswerStyle) {
    this.#out = out
    this.#style = style
  }

  /** @param event the event that was waited for, if any @param server the server it came from, where several were asked */
  async print(answer: Answer, { event, server }: { event?: Block | undefined; server?: string | undefined } = {}): Promise<void> {
    const { format } = this.#style
    if (format === 'json') {
      const document = {
        ...(server !== undefined && { server }),
        ...answerToJson(answer),
        ...(event && { event: blockToJson(event) })
      }
      await this.#out.line(safeJson(document, this.#style.compact ? undefined : 2))
    } else if (format === 'blocks') {
      if (server !== undefined) await this.#out.line(this.#style.colors.title(`# ${server}`))
      await this.#printText(answer)
      if (event) await this.#printBlock(event)
    } else {
      await this.#printRows(answer, format, { event, server })
    }
  }

  async #printText(answer: Answer): Promise<void> {
    const text = answer.action.toLowerCase() === 'command' ? commandOutput(answer.response) : undefined
    if (text) {
      // Into a pipe go the bytes as they are; a terminal would obey what is in them.
      await this.#out.write(this.#out.isTerminal ? escapeControlsInLines(text.toString('utf8')) : text)
      return
    }
    for (const block of [answer.response, ...answer.items, ...(answer.complete ? [answer.complete] : [])])
      await this.#printBlock(block)
  }

  async #printBlock(block: Block): Promise<void> {
    await this.#out.write(blockText(block.headers, this.#style.colors))
  }

  async #printRows(
    answer: Answer,
    format: RowFormat,
    { event, server }: { event?: Block | undefined; server?: string | undefined }
  ): Promise<void> {
    const isList = answer.items.length > 0 || answer.complete !== undefined || isEmptyList(answer)
    const blocks = [...(isList ? answer.items : [answer.response]), ...(event ? [event] : [])]
    const rows = blocks.map((block) => ({ ...(server !== undefined && { server }), ...blockToJson(block) }))
    await this.#out.write(
      await renderRows(rows, format, {
        columns: this.#style.columns ?? tableColumns(format, isList, rows),
        width: this.#out.width
      })
    )
  }
}

/** In a table of a list, what is the same in every row only takes room. */
function tableColumns(format: RowFormat, isList: boolean, rows: readonly Record<string, unknown>[]): string[] | undefined {
  if (format !== 'table' || !isList) return undefined
  return [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => name !== 'Event' && name !== 'ActionID')
}
