import { nearestNames } from '../../nearest.js'
import { readHosts } from './astmanproxy-host.js'
import { emptyLegacySettings, type LegacyKey, type LegacySettings, legacyKeys } from './astmanproxy-settings.js'
import { type Finding, Findings, shown } from './finding.js'
import { type LegacyField, type LegacyLine, readLegacyLines, warnOfBlank, warnOfCut } from './legacy-line.js'

/** Case does not count, and the old program took blanks out of keys as well. */
export const legacyKeyOf = (typed: string) => typed.replace(/[ \t]/g, '').toLowerCase()

/**
 * Reads an astmanproxy.conf of 1.22 or 1.30. Keys have no case; values keep theirs, and their length. Nothing is thrown: a value that cannot be used
 * is an error finding and stays undefined; what the old program ignored is a warning.
 * @param file its name, for the findings
 */
export function parseAstmanproxyConf(text: string, file: string): { settings: LegacySettings; findings: Finding[] } {
  const findings = new Findings(file)
  const settings = emptyLegacySettings()
  const lines = readLegacyLines(text, findings, (key) => legacyKeyOf(key) === 'host')
  const isHost = (line: LegacyLine) => line.hasEquals && legacyKeyOf(line.key.text) === 'host'
  const lineOf = new Map<string, number>()
  for (const line of lines) {
    if (line.isBroken || isHost(line)) continue
    const key = findKey(line, findings)
    if (!key) continue
    const earlier = lineOf.get(key.name)
    if (earlier !== undefined) {
      const message = `${line.key.text} is set in line ${earlier} already; this one counts`
      findings.add('warning', 'duplicate-key', line.key, message, 'Remove one of them.')
    }
    lineOf.set(key.name, line.line)
    Object.assign(settings, { [key.name]: readValue(line, key, findings) })
  }
  settings.hosts = readHosts(lines.filter(isHost), settings.useSsl, findings)
  warnWhenNobodyMayConnect(settings, lineOf, findings)
  return { settings, findings: findings.sorted() }
}

/** Own properties only: `constructor` is no key. */
function findKey({ key, hasEquals }: LegacyLine, findings: Findings): LegacyKey | undefined {
  const name = legacyKeyOf(key.text)
  if (!hasEquals) {
    // What stands there is not shown: it may be a secret whose `=` is missing.
    findings.add('warning', 'not-a-setting', key, 'This line is no setting; it is ignored', 'Write key = value.')
    return undefined
  }
  if (Object.hasOwn(legacyKeys, name)) return legacyKeys[name]
  const near = nearestNames(name, ['host', ...Object.keys(legacyKeys)], 1)[0]
  findings.add('warning', 'unknown-key', key, `Unknown key ${shown(key.text)}; it is ignored`, near && `Did you mean ${near}?`)
  return undefined
}

function readValue(line: LegacyLine, key: LegacyKey, findings: Findings): string | number | boolean | undefined {
  const field: LegacyField = line.fields[0] ?? { ...line.key, text: '', quoted: false }
  const name = legacyKeyOf(line.key.text)
  if (key.isText) warnOfCut(line, findings)
  if (key.isSecret) warnOfBlank(field, name, findings)
  if (key.isText && field.text === '') {
    findings.add('warning', 'empty-value', line.key, `${name} is empty: that is as if it were not there`)
    return undefined
  }
  const reading = key.read(field.text)
  if ('expected' in reading) {
    findings.add('error', 'bad-value', field, `${name} is ${shown(field.text)}, not ${reading.expected}`)
    return undefined
  }
  if (reading.oldMeaning !== undefined) {
    const message = `${name}: ${shown(field.text)} is yes; the old program took it for ${reading.oldMeaning}`
    findings.add('warning', 'other-meaning', field, message, 'Write yes or no.')
  }
  return reading.value
}

/** Both are "no" unless they are set: the old program then ran, and closed every connection. */
function warnWhenNobodyMayConnect(settings: LegacySettings, lineOf: ReadonlyMap<string, number>, findings: Findings): void {
  if (settings.acceptEncrypted || settings.acceptUnencrypted) return
  const line = lineOf.get('acceptUnencrypted') ?? lineOf.get('acceptEncrypted') ?? 1
  const message = 'Neither encrypted nor unencrypted connections are accepted'
  const hint = 'Write acceptencryptedconnection = yes, acceptunencryptedconnection = yes, or both.'
  findings.add('warning', 'nobody-may-connect', { line, column: 1 }, message, hint)
}
