import { legacyKeyOf } from './astmanproxy-conf.js'
import { type Finding, Findings } from './finding.js'
import { readLegacyLines } from './legacy-line.js'

/** Settings that have no effect any more, and what there is in their place. */
const superseded: Readonly<Record<string, [severity: 'info', message: string, hint: string]>> = {
  asteriskwritetimeout: ['info', 'asteriskwritetimeout is not needed: writing to a server holds up nobody', 'Remove the line.'],
  clientwritetimeout: [
    'info',
    'clientwritetimeout is not needed: a slow client holds up nobody',
    'See --max-queue, --max-queue-age and --overflow.'
  ],
  sslclienthellotimeout: [
    'info',
    'sslclienthellotimeout is not needed: the first bytes of a client are waited for without delaying it',
    'Remove the line; --hello-wait is there for slow clients of TLS.'
  ],
  inputformat: ['info', 'inputformat is not needed: the first bytes of a client tell its format', 'Remove the line.']
}

/** The lines of an astmanproxy.conf that have no effect here. */
export function supersededLines(text: string, file: string): Finding[] {
  const findings = new Findings(file)
  for (const { key } of readLegacyLines(text, new Findings(file), () => false)) {
    const name = legacyKeyOf(key.text)
    const found = Object.hasOwn(superseded, name) ? superseded[name] : undefined
    if (found) findings.add(found[0], 'superseded', key, found[1], found[2])
  }
  return findings.sorted()
}

/** The keys that flags of ours come from. */
const keysOfFlags: Readonly<Record<string, readonly string[]>> = {
  'proxy-key': ['proxykey'],
  listen: ['listenport', 'listenaddress'],
  'auth-required': ['authrequired'],
  autofilter: ['autofilter'],
  'filter-local': ['filterlocal'],
  'output-format': ['outputformat'],
  'accept-unencrypted': ['acceptunencryptedconnection', 'allowunencryptedconnections'],
  'tls-cert': ['certfile'],
  'run-as-user': ['proc_user'],
  'run-as-group': ['proc_group'],
  banner: ['forcebanner'],
  'retry-interval': ['retryinterval'],
  'max-retries': ['maxretries'],
  'log-file': ['logfile']
}

/** The line that a flag's value comes from: the last that has its key. Undefined: from a default of astmanproxy. */
export function legacyLineOf(text: string, flag: string): number | undefined {
  const keys = Object.hasOwn(keysOfFlags, flag) ? keysOfFlags[flag]! : []
  const lines = readLegacyLines(text, new Findings(''), () => false)
  return lines.findLast(({ key }) => keys.includes(legacyKeyOf(key.text)))?.line
}
