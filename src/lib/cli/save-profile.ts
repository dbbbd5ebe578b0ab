import fs from 'node:fs'
import path from 'node:path'
import { IoError, UsageError } from '../errors.js'
import { readSettingsFile, type SettingValue, standardSettingsPaths } from './settings.js'

/** Is this a name for a profile, and one of its own? @throws UsageError, ConfigError for a file that cannot be read */
export async function assertNewProfile(name: string): Promise<void> {
  if (!/^[A-Za-z0-9][\w.@-]{0,63}$/.test(name)) {
    throw new UsageError(`"${name}" is no name of a profile`, { hint: 'It has letters, digits and . _ - @.' })
  }
  const file = standardSettingsPaths()[0]!
  if (!fs.existsSync(file)) return
  const { sections } = await readSettingsFile(file)
  if (sections[`profile ${name}`])
    throw new UsageError(`There is a profile "${name}" in ${file} already`, { hint: 'Choose another name.' })
}

/**
 * Adds `[profile NAME]` to the user's configuration file; what stands in it stays as it is.
 * @param values flags by their names; secrets do not belong here
 * @param secret gets a file of its own beside it, and the profile a `secret-file`. Both are for their owner alone
 * @returns the configuration file
 * @throws UsageError for a name that is none or that is there already, IoError, ConfigError for a file that cannot be read
 */
export async function saveProfile(
  name: string,
  values: Readonly<Record<string, SettingValue | undefined>>,
  secret?: string
): Promise<string> {
  await assertNewProfile(name)
  const { stringify } = await import('ini')
  const file = standardSettingsPaths()[0]!
  const secretFile = path.join(path.dirname(file), `${name}.secret`)
  const all = secret === undefined ? values : { ...values, 'secret-file': secretFile }
  const lines = stringify(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    if (secret !== undefined) {
      // An older secret of that name would keep its mode.
      fs.rmSync(secretFile, { force: true })
      fs.writeFileSync(secretFile, `${secret}\n`, { mode: 0o600, flag: 'wx' })
    }
    const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
    const gap = before === '' ? '' : before.endsWith('\n') ? '\n' : '\n\n'
    fs.appendFileSync(file, `${gap}[profile ${name}]\n${lines}`, { mode: 0o600 })
  } catch (cause) {
    throw new IoError(`The profile cannot be saved in ${file}: ${(cause as Error).message}`, { cause })
  }
  return file
}
