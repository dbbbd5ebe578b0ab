import type { CheckFinding } from '../proxy/check/check-finding.js'
import type { CheckReport } from '../proxy/check/check-proxy.js'
import { legacyLineOf } from '../proxy/legacy/superseded.js'
import { environmentName, type FlagDefinition } from './flag-values.js'
import { type Row, renderRows } from './rows.js'
import { lineOfSetting, placeOfSource, type SettingOrigin } from './setting-origin.js'
import { escapeControlsInLines } from './terminal-text.js'

/** A setting as it counts, in the form in which it would be typed. */
export interface EffectiveSetting {
  name: string
  value: unknown
  source: 'flag' | 'environment' | 'file' | 'default' | 'default of astmanproxy'
  /** The name of the variable. */
  variable?: string
  file?: string
  line?: number
}

export interface ProxyCheckReport extends CheckReport {
  usable: boolean
  settings: EffectiveSetting[]
}

/** Flags of this run, not of the proxy. */
const notSettings = new Set(['json', 'check', 'format', 'strict', 'root', 'ready-fd', 'no-input', 'no-color', 'quiet', 'help'])

/** All settings of the proxy. @param legacy the astmanproxy.conf among the files */
export function effectiveSettings(
  definitions: Readonly<Record<string, FlagDefinition>>,
  flags: Readonly<Record<string, unknown>>,
  origins: ReadonlyMap<string, SettingOrigin>,
  legacy: { file: string; text: string } | undefined
): EffectiveSetting[] {
  return Object.entries(definitions)
    .filter(([name]) => !notSettings.has(name))
    .map(([name, definition]) => {
      const value = flags[name]
      // Durations are kept in milliseconds and typed in seconds.
      const typed =
        typeof value === 'number' && (definition as { helpValue?: string }).helpValue === 'SECONDS' ? value / 1000 : value
      return {
        name,
        value: typed ?? (definition.type === 'boolean' ? false : null),
        ...originOf(name, origins.get(name), legacy)
      }
    })
}

function originOf(
  name: string,
  origin: SettingOrigin | undefined,
  legacy: { file: string; text: string } | undefined
): Omit<EffectiveSetting, 'name' | 'value'> {
  if (origin === undefined) return { source: 'default' }
  if (origin.kind === 'flag') return { source: 'flag' }
  if (origin.kind === 'environment') return { source: 'environment', variable: environmentName(name) }
  const { file, section } = placeOfSource(origin.source)
  const isLegacy = file === legacy?.file
  const line = isLegacy ? legacyLineOf(legacy.text, name) : lineOfSetting(file, section, name)
  if (line === undefined) return isLegacy ? { source: 'default of astmanproxy' } : { source: 'file', file }
  return { source: 'file', file, line }
}

/** The key has no flag of its own, and is never shown. */
export function proxyKeySetting(
  hasKey: boolean,
  origins: ReadonlyMap<string, SettingOrigin>,
  legacy: { file: string; text: string } | undefined
): EffectiveSetting {
  const name = 'proxy-key'
  if (!hasKey) return { name, value: null, source: 'default' }
  const value = '****'
  if (origins.has('proxy-key-file')) return { name, value, ...originOf('proxy-key-file', origins.get('proxy-key-file'), legacy) }
  const variable = environmentName(name)
  if (process.env[variable] !== undefined) return { name, value, source: 'environment', variable }
  return { name, value, ...originOf(name, legacy && { kind: 'file', source: legacy.file }, legacy) }
}

/** The report as tables, what is empty left out, and the verdict as the last line. */
export async function proxyCheckText(report: ProxyCheckReport, width: number): Promise<string> {
  const { settings, listeners, servers, users, certificate, findings, usable } = report
  const table = async (title: string, rows: readonly Row[]) =>
    rows.length === 0 ? [] : [`${title}\n${await renderRows(rows, 'table', { width })}`]
  const parts = [
    ...(await table(
      'Settings',
      settings.map(({ name, value, ...origin }) => ({ setting: name, value: value ?? '', from: fromText(origin) }))
    )),
    ...(await table(
      'Listeners',
      listeners.map((address) => ({ address }))
    )),
    ...(await table('Certificate', certificate ? [certificateRow(certificate)] : [])),
    ...(await table(
      'Servers',
      servers.map((server) => ({ ...server, secret: '****' }))
    )),
    ...(await table('Users', users.map(userRow))),
    ...findings.map(findingText)
  ]
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length
  const verdict = `${usable ? 'usable' : 'not usable'}: ${count('error')} errors, ${count('warning')} warnings`
  return `${parts.join('\n')}\n${verdict}\n`
}

function certificateRow({ validFrom, validUntil, ...more }: NonNullable<CheckReport['certificate']>): Row {
  return { ...more, 'valid from': validFrom, 'valid until': validUntil }
}

function userRow(user: CheckReport['users'][number]): Row {
  const { name, secret, admin, web, server, read, write, allow, deny, dryRun, permit, filter, eventFilters } = user
  const rules = [...allow.map((rule) => `allow ${rule}`), ...deny.map((rule) => `deny ${rule}`), ...(dryRun ? ['dry-run'] : [])]
  const columns = Object.entries(filter ?? {}).flatMap(([key, value]) =>
    value === undefined || value === false || value.length === 0 ? [] : [`${key}=${value === true ? 'yes' : value}`]
  )
  return {
    name,
    secret: secret === 'plain' ? '**** (plain)' : secret,
    admin: admin ? 'yes' : 'no',
    ...(web && { web: 'yes' }),
    server: server ?? 'any',
    read: read ?? 'all',
    write: write ?? 'all but dangerous',
    rules: rules.join('; '),
    permit: permit.join(' ') || 'anywhere',
    filters: [...columns, ...eventFilters].join('; ')
  }
}

function fromText({ source, variable, file, line }: Omit<EffectiveSetting, 'name' | 'value'>): string {
  return file === undefined ? `${source}${variable === undefined ? '' : ` ${variable}`}` : placeText(file, line)
}

const placeText = (file: string, line: number | undefined) => (line === undefined ? file : `${file}:${line}`)

function findingText({ severity, file, line, message, hint, code }: CheckFinding): string {
  const place = file === undefined ? '' : `${placeText(file, line)}: `
  return escapeControlsInLines(`${severity}: ${place}${message}${hint ? `. ${hint}` : ''} (${code})`)
}
