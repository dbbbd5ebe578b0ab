import { BlockParser } from '../../ami/block-parser.js'
import type { InputFormat, OutputFormat } from './format.js'
export const standardOutput: OutputFormat = {
  name: 'standard',
  contentType: 'text/plain',
  delimiter: '\r\n\r\n',
  encode: (block) => block
}
export const standardInput: InputFormat = {
  name: 'standard',
  hasBanner: true,
  createParser: (limits) => new BlockParser({ from: 'client', ...limits })
}
export const outputFormatNames = ['standard'] as const
export const inputFormatNames = ['standard'] as const
export function outputFormat(name: string, _options: { xmlCompat?: '1.22' | undefined } = {}): OutputFormat | undefined {
  return name === 'standard' ? standardOutput : undefined
}
