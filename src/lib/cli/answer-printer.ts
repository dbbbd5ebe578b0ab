import { type Answer, isEmptyList } from '../ami/answer.js'
import { type Block, commandOutput } from '../ami/block.js'
import { answerToJson, blockToJson } from '../ami/json.js'
import { type BlockColors, blockText } from './block-text.js'
import type { Output } from './output.js'
import { type Row, type RowFormat, renderRows, rowFormats } from './rows.js'
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

/** An answer with what belongs to it. */
export interface AnswerContext {
  /** The event that was waited for. */
  event?: Block | undefined
  /** The server it came from, where several were asked. */
  server?: string | undefined
}

/** Prints answers: the text of a Command as `asterisk -rx` would, blocks, one JSON document each, or the items of a list as rows. */
export class AnswerPrinter {
  readonly #out: Output
  readonly #style: AnswerStyle

  constructor(out: Output, style: AnswerStyle) {
    this.#out = out
    this.#style = style
  }

  async print(answer: Answer, context: AnswerContext = {}): Promise<void> {
    const { format, compact } = this.#style
    if (format === 'json') await this.#out.line(safeJson(documentOf(answer, context), compact ? undefined : 2))
    else if (format === 'blocks') await this.#printText(answer, context)
    else await this.#printRows(format, rowsOf(answer, context))
  }

  /** Prints the answers of several servers: one JSON array, or rows under one header. */
  async printAll(answers: readonly { server: string; answer: Answer }[]): Promise<void> {
    const { format } = this.#style
    if (format === 'json') await this.#out.json(answers.map(({ server, answer }) => documentOf(answer, { server })))
    else if (format === 'blocks') for (const { server, answer } of answers) await this.#printText(answer, { server })
    else
      await this.#printRows(
        format,
        answers.flatMap(({ server, answer }) => rowsOf(answer, { server }))
      )
  }

  async #printText(answer: Answer, { event, server }: AnswerContext): Promise<void> {
    if (server !== undefined) await this.#out.line(this.#style.colors.title(`# ${server}`))
    const text = answer.action.toLowerCase() === 'command' ? commandOutput(answer.response) : undefined
    if (text) {
      // Into a pipe go the bytes as they are; a terminal would obey what is in them.
      await this.#out.write(this.#out.isTerminal ? escapeControlsInLines(text.toString('utf8')) : text)
      return
    }
    const blocks = [answer.response, ...answer.items, ...(answer.complete ? [answer.complete] : []), ...(event ? [event] : [])]
    for (const block of blocks) await this.#out.write(blockText(block.headers, this.#style.colors))
  }

  async #printRows(format: RowFormat, rows: readonly Row[]): Promise<void> {
    const { columns } = this.#style
    const { isTerminal, width } = this.#out
    const shown = columns ?? (format === 'table' ? tableColumns(rows) : undefined)
    await this.#out.write(await renderRows(rows, format, { columns: shown, width, forTerminal: isTerminal }))
  }
}

function documentOf(answer: Answer, { event, server }: AnswerContext): Record<string, unknown> {
  return { ...(server !== undefined && { server }), ...answerToJson(answer), ...(event && { event: blockToJson(event) }) }
}

/** The items of a list, else the response, and the event that was waited for. */
function rowsOf(answer: Answer, { event, server }: AnswerContext): Row[] {
  const isList = answer.items.length > 0 || answer.complete !== undefined || isEmptyList(answer)
  const blocks = [...(isList ? answer.items : [answer.response]), ...(event ? [event] : [])]
  return blocks.map((block) => ({ ...(server !== undefined && { server }), ...blockToJson(block) }))
}

/** In a table of several rows, what only tells to which action and list they belong takes room. */
function tableColumns(rows: readonly Row[]): string[] | undefined {
  if (!rows.every((row) => 'Event' in row)) return undefined
  return [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => name !== 'Event' && name !== 'ActionID')
}
