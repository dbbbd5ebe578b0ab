import type { Block } from '../../ami/block.js'
import { blockToJson } from '../../ami/json.js'
import { toBlock } from './block-lines.js'
import type { OutputFormat } from './format.js'

/** One JSON object a block and a line (NDJSON): repeated headers are arrays, and what is not UTF-8 is kept (see `blockToJson`). */
export const jsonOutput: OutputFormat = {
  name: 'json',
  contentType: 'application/x-ndjson',
  delimiter: '\n',
  encode: (block) => Buffer.from(`${jsonLine(toBlock(block))}\n`, 'utf8')
}

/** A block as JSON without CR or LF: JSON has them as escapes only. */
export function jsonLine(block: Block): string {
  return JSON.stringify(blockToJson(block))
}
