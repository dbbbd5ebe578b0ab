// The one door to oclif, through its subpaths: its main module would load all of it at every start. What only help needs is behind oclif-help.ts.
export * as Args from '@oclif/core/args'
export { Command } from '@oclif/core/command'
export { Config } from '@oclif/core/config'
export * as Flags from '@oclif/core/flags'
export type * as Interfaces from '@oclif/core/interfaces'
export { setLogger } from '@oclif/core/logger'
