import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ConfigError } from '../errors.js'

/** A configuration file as read: top-level keys, and `[section]`s with theirs. */
export interface SettingsFile {
  path: string
  values: Record<string, SettingValue>
  sections: Record<string, Record<string, SettingValue>>
}

export type SettingValue = string | string[]

/**
 * Reads an ini file. Section names keep their dots (`[server pbx.example.org]`); a value with `;` or `#` is quoted; a key that is
 * written as `key[] = value` may be repeated.
 * @throws ConfigError
 */
export async function readSettingsFile(file: string): Promise<SettingsFile> {
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`Cannot read the configuration file ${file}: ${(cause as Error).message}`, {
      cause,
      hint: 'Name an existing file with --config.'
    })
  }
  refuseOpenSections(text, file)
  refuseCutSecrets(text, file)
  const { parse } = await import('ini')
  // The parser nests sections at dots unless they are escaped.
  const parsed: Record<string, unknown> = parse(
    text.replace(/^[ \t]*\[([^\]\r\n]*)\]/gm, (_, name: string) => `[${name.replace(/\\?\./g, '\\.')}]`)
  )
  const settings: SettingsFile = { path: file, values: {}, sections: {} }
  for (const [key, value] of Object.entries(parsed)) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      settings.sections[key.trim()] = valuesOf(value as Record<string, unknown>)
    else settings.values[key] = settingValue(value)
  }
  return settings
}

/** What stands below a heading without its bracket would count for the section before. @throws ConfigError */
function refuseOpenSections(text: string, file: string): void {
  const lines = text.split(/\r?\n/)
  const at = lines.findIndex((line) => /^\s*\[[^\]=]*$/.test(line))
  if (at < 0) return
  throw new ConfigError(`${file}:${at + 1}: a section begins, and its "]" is missing`, { hint: `Write ${lines[at]!.trim()}].` })
}

/** A comment begins at ; or #, also within a secret: it would be cut without a word. @throws ConfigError */
function refuseCutSecrets(text: string, file: string): void {
  const at = text.split(/\r?\n/).findIndex((line) => /^\s*secret\s*=\s*[^"'\s;#][^\s;#]*[;#]/.test(line))
  if (at < 0) return
  throw new ConfigError(`${file}:${at + 1}: the secret has a ";" or "#", where a comment begins`, {
    hint: 'Write it in quotes: secret = "…".'
  })
}

function valuesOf(section: Record<string, unknown>): Record<string, SettingValue> {
  return Object.fromEntries(Object.entries(section).map(([key, value]) => [key, settingValue(value)]))
}

function settingValue(value: unknown): SettingValue {
  return Array.isArray(value) ? value.map(String) : String(value)
}

/** The files that are read when they exist, nearest first. */
export function standardSettingsPaths(env: NodeJS.ProcessEnv = process.env): string[] {
  const home = env.XDG_CONFIG_HOME || path.join(env.HOME || os.homedir(), '.config')
  return [path.join(home, 'pbxkit', 'config.ini'), '/etc/pbxkit/config.ini']
}

/** One place where a flag's value can come from, and its name for messages. */
export interface SettingsLayer {
  source: string
  values: Record<string, SettingValue>
}

/** All configuration that was found: the files, nearest first, and the places where a flag's value can come from. */
export interface Settings {
  files: readonly SettingsFile[]
  layers: readonly SettingsLayer[]
}

/**
 * The configuration below flags and environment, nearest first: the profile and then the top of `--config`, of the user's file and of
 * /etc/pbxkit; then what a command falls back on.
 * @throws ConfigError when a named file or profile does not exist
 */
export async function readSettings({
  config,
  profile,
  readNamed = readSettingsFile,
  readFallback
}: {
  config?: string | undefined
  profile?: string | undefined
  /** Reads the file of `config`. */
  readNamed?: (file: string) => Promise<SettingsFile>
  /** What else there is when no file is named, given those that were found; it comes behind them. */
  readFallback?: (found: readonly SettingsFile[]) => Promise<SettingsFile | undefined>
}): Promise<Settings> {
  const standard = standardSettingsPaths().filter(isReadable)
  const found = await Promise.all([...(config ? [readNamed(config)] : []), ...standard.map(readSettingsFile)])
  const fallback = config ? undefined : await readFallback?.(found)
  const files = fallback ? [...found, fallback] : found
  const layers = files.flatMap((file): SettingsLayer[] => {
    const section = profile === undefined ? undefined : file.sections[`profile ${profile}`]
    const top = { source: file.path, values: file.values }
    return section ? [{ source: `${file.path} [profile ${profile}]`, values: section }, top] : [top]
  })
  if (profile !== undefined && !files.some((file) => file.sections[`profile ${profile}`]))
    throw noSuchProfile(profile, files, config)
  return { files, layers }
}

/** What belongs to somebody else (a file of root with secrets in it) is not for us. */
export function isReadable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.R_OK)
    return true
  } catch {
    return false
  }
}

function noSuchProfile(profile: string, files: readonly SettingsFile[], config: string | undefined): ConfigError {
  const known = files
    .flatMap((file) => Object.keys(file.sections))
    .flatMap((name) => (name.startsWith('profile ') ? [name.slice(8)] : []))
  return new ConfigError(
    `There is no profile "${profile}" in ${files.map((file) => file.path).join(', ') || 'any configuration file'}`,
    {
      hint:
        known.length > 0
          ? `Known profiles: ${known.join(', ')}`
          : `Add a section [profile ${profile}] to ${config ?? standardSettingsPaths()[0]}`
    }
  )
}
