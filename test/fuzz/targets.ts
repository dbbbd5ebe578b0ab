import type { FuzzTarget } from './target.js'
import { agiTargets } from './targets/agi.js'
import { amiTargets } from './targets/ami.js'
import { asteriskConfigTargets } from './targets/asterisk-config.js'
import { dnsTargets } from './targets/dns.js'
import { fileTargets } from './targets/files.js'
import { httpTargets } from './targets/http.js'
import { proxyInputTargets } from './targets/proxy-input.js'
import { sipTargets } from './targets/sip.js'
import { tunnelTargets } from './targets/tunnel.js'
import { voipmonitorTargets } from './targets/voipmonitor.js'

/** Every parser that reads what somebody else has written. */
export const targets: readonly FuzzTarget[] = [
  ...amiTargets,
  ...proxyInputTargets,
  ...httpTargets,
  ...agiTargets,
  ...tunnelTargets,
  ...sipTargets,
  ...dnsTargets,
  ...voipmonitorTargets,
  ...asteriskConfigTargets,
  ...fileTargets
]
