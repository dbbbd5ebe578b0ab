// The other half of oclif, which only help needs.
export { Help } from '@oclif/core/help'
