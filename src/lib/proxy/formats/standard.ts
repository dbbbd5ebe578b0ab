import { BlockParser } from '../../ami/block-parser.js'
import type { InputFormat, OutputFormat } from './format.js'

/** AMI itself: the bytes as they are. */
export const standardOutput: OutputFormat = {
  name: 'standard',
  contentType: 'text/plain; charset=utf-8',
  delimiter: '\r\n\r\n',
  encode: (block) => block
}

/** AMI itself: a block ends at an empty line. */
export const standardInput: InputFormat = {
  name: 'standard',
  hasBanner: true,
  createParser: (limits) => new BlockParser({ from: 'client', ...limits })
}
