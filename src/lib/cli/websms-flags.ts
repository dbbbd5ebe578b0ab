import { Flags } from './oclif.js'

/** Where the providers of messages are described, with their secrets. */
export const providersFlag = Flags.string({
  description: 'file with [websms:NAME], [websmsd:NAME] and [astqueue], mode 0600',
  default: '/etc/pbxkit/websms.ini',
  helpValue: 'FILE'
})
