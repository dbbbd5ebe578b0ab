import { legacyKeyOf } from './astmanproxy-conf.js'
import { Findings } from './finding.js'
import { readLegacyLines } from './legacy-line.js'

/** Keys that no flag of ours is called, and so no ini of ours has. */
const onlyThere: ReadonlySet<string> = new Set([
  'retryinterval',
  'maxretries',
  'sslclienthellotimeout',
  'acceptencryptedconnection',
  'acceptunencryptedconnection',
  'allowencryptedconnections',
  'allowunencryptedconnections',
  'asteriskwritetimeout',
  'clientwritetimeout',
  'certfile',
  'listenaddress',
  'listenport',
  'authrequired',
  'proc_user',
  'proc_group',
  'inputformat',
  'outputformat',
  'usessl'
])

/**
 * Tells an astmanproxy.conf from our ini: it has no `[section]`, and a `host` line with at least three commas, or a key that only the old
 * program has.
 */
export function isAstmanproxyConf(text: string): boolean {
  if (/^[ \t]*\[[^\]\r\n]*\][ \t]*(?:[;#].*)?\r?$/m.test(text)) return false
  const lines = readLegacyLines(text, new Findings(''), (key) => legacyKeyOf(key) === 'host')
  return lines.some(({ key, fields, hasEquals }) => {
    const name = legacyKeyOf(key.text)
    return hasEquals && (onlyThere.has(name) || (name === 'host' && fields.length > 3))
  })
}
