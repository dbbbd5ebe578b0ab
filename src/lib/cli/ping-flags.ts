import { durationFlag } from './base-command.js'
import { Flags } from './oclif.js'

/** How often `uac options` asks, and what it makes of the replies. */
export const pingFlags = {
  count: Flags.integer({ char: 'c', description: 'so many requests to each; 0 until Ctrl-C', default: 1, min: 0 }),
  interval: durationFlag({ char: 'i', description: 'from one to the next', default: 1000, defaultHelp: async () => '1' }),
  deadline: durationFlag({ description: 'no further request after this time' }),
  strict: Flags.boolean({ description: 'only a 2xx is a sign of life' }),
  traceroute: Flags.boolean({ description: 'find the proxies on the way by Max-Forwards' }),
  'all-targets': Flags.boolean({ description: 'ask every server that DNS names, one by one' }),
  warn: durationFlag({ description: 'Nagios: warning over this round trip (200ms)' }),
  crit: durationFlag({ description: 'Nagios: critical over this round trip' })
}
