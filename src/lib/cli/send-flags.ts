import { answerFormats } from './answer-printer.js'
import { Flags } from './oclif.js'

/** What `ami send` can be told about an action and about its answer. */
export const sendFlags = {
  field: Flags.string({ char: 'F', description: 'a field of the action; repeatable', helpValue: 'NAME=VALUE', multiple: true }),
  'wait-for': Flags.string({ description: 'also wait for an event of this form', helpValue: 'FILTER', multiple: true }),
  server: Flags.string({ description: 'behind a proxy: the server it is for', helpValue: 'NAME', exclusive: ['all'] }),
  all: Flags.boolean({ description: 'behind a proxy: send it to every server' }),
  'dry-run': Flags.boolean({ description: 'print the bytes and send nothing' }),
  'no-validate': Flags.boolean({ description: 'send what is not documented, too' }),
  format: Flags.option({ options: answerFormats, description: 'default: blocks, with --json json' })(),
  columns: Flags.string({ description: 'the columns of rows', helpValue: 'A,B', multiple: true, delimiter: ',' }),
  concurrency: Flags.integer({ description: 'actions from stdin in flight at a time', default: 8, min: 1, max: 1000 })
}
