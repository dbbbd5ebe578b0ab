import { durationFlag } from './base-command.js'
import { Flags } from './oclif.js'

export const listFormats = ['table', 'json', 'ndjson', 'csv', 'prometheus'] as const
const group = { helpGroup: 'SELECTION' } as const
const monitoring = { helpGroup: 'MONITORING' } as const

/** The flags of every list. */
export const listFlags = {
  filter: Flags.string({
    description:
      "the sniffer's own filter as JSON, checked before it is sent; or, of what came, NAME=glob,NAME!=glob (repeatable)",
    helpValue: 'FILTER',
    multiple: true,
    multipleNonGreedy: true,
    ...group
  }),
  limit: Flags.integer({ description: 'so many rows at most', min: 1, max: 100_000_000, ...group }),
  sort: Flags.string({ description: 'sort by a column of the sniffer', helpValue: 'COLUMN[:asc|desc]', ...group }),
  count: Flags.boolean({ description: 'say only how many there are', exclusive: ['watch', 'warn', 'crit', 'limit'], ...group }),
  zip: Flags.option({
    options: ['auto', 'yes', 'no'] as const,
    default: 'auto',
    description: 'have it sent compressed; auto: when it comes over a network',
    ...group
  })(),
  format: Flags.option({ options: listFormats, description: 'default: table, with --json json' })(),
  columns: Flags.string({
    description: 'these columns, in this order',
    helpValue: 'NAMES',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ','
  }),
  wide: Flags.boolean({ description: 'more columns in a table', exclusive: ['columns'] }),
  watch: durationFlag({ description: 'look again and again: a live table, in a pipe NDJSON of what changes', ...monitoring }),
  warn: Flags.string({
    description: 'Nagios: warning at',
    helpValue: 'METRIC=N',
    multiple: true,
    multipleNonGreedy: true,
    exclusive: ['watch'],
    ...monitoring
  }),
  crit: Flags.string({
    description: 'Nagios: critical at',
    helpValue: 'METRIC<N',
    multiple: true,
    multipleNonGreedy: true,
    exclusive: ['watch'],
    ...monitoring
  })
}

/** The values of those flags. */
export interface ListFlagValues {
  filter: string[] | undefined
  limit: number | undefined
  sort: string | undefined
  count: boolean
  zip: 'auto' | 'yes' | 'no'
  format: (typeof listFormats)[number] | undefined
  columns: string[] | undefined
  wide: boolean
  watch: number | undefined
  warn: string[] | undefined
  crit: string[] | undefined
  json: boolean
  quiet: boolean
}
