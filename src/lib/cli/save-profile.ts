import fs from 'node:fs'
import path from 'node:path'
import { IoError, UsageError } from '../errors.js'
import { readSettingsFile, standardSettingsPaths } from './settings.js'

/**
 * Adds `[profile NAME]` to the user's configuration file; what stands in it stays as it is.
 * @param values flags by their names; secrets do not belong here
 * @returns the file
 * @throws UsageError for a name that is none or that is there already, IoError, ConfigError for a file that cannot be read
 */
export async function saveProfile(name: string, values: Readonly<Record<string, string>>): Promise<string> {
  if (!/^[\w.@-]{1,64}$/.test(name)) {
    throw new UsageError(`"${name}" is no name of a profile`, { hint: 'It has letters, digits and . _ - @.' })
  }
  const [file] = standardSettingsPaths() as [string]
  const isThere = fs.existsSync(file)
  if (isThere && (await readSettingsFile(file)).sections[`profile ${name}`]) {
    throw new UsageError(`${file} has a profile "${name}" already`)
  }
  // Quoted, `;` and `#` begin no comment.
  const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
  const section = `[profile ${name}]\n${lines.join('\n')}\n`
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    const before = isThere ? fs.readFileSync(file, 'utf8') : ''
    const gap = before === '' ? '' : before.endsWith('\n') ? '\n' : '\n\n'
    fs.appendFileSync(file, gap + section, { mode: 0o600 })
  } catch (cause) {
    throw new IoError(`Cannot write ${file}: ${(cause as Error).message}`, { cause })
  }
  return file
}
