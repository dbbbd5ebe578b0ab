import fs from 'node:fs'
import { ConfigError } from '../errors.js'
import { type ManagerKey, parseManagerKey } from '../voipmonitor/encryption.js'
import { ManagerKeyError } from '../voipmonitor/errors.js'
import type { SensorKey } from './sensor.js'

/** Key and IV have 68 letters; this leaves room for a configuration file that has them among its other lines. */
const maxFileBytes = 256 * 1024

const hint =
  'It holds {"key":"…","iv":"…"}, or lines such as manager_aes_key = … and manager_aes_iv = …, or the key and the IV on a line each.'

/**
 * Reads a key from a file: the JSON of the GUI's table `system`, lines of voipmonitor.conf, of configuration.php, of a shell's environment or of an ini
 * file, or two lines with nothing but the key and the IV.
 * @param warn told when others than the owner may read the file
 * @throws ConfigError, ManagerKeyError
 */
export function readKeyFile(file: string, warn: (message: string) => void): SensorKey {
  let text: string
  try {
    const stat = fs.statSync(file)
    if (stat.size > maxFileBytes) throw new Error(`it has ${stat.size} bytes, more than a key file has`)
    text = fs.readFileSync(file, 'utf8')
    warnOfReaders(file, stat, warn)
  } catch (cause) {
    throw new ConfigError(`Cannot read the key file ${file}: ${(cause as Error).message}`, { cause, hint })
  }
  const found = keyOfText(text)
  if (!found) throw new ConfigError(`There is no key with its IV in ${file}`, { hint })
  return { key: parseManagerKey(found), source: file }
}

/** A key under the name of where it stood; so does what is wrong with it. @throws ManagerKeyError */
export function keyWithSource(source: string, read: () => ManagerKey): SensorKey {
  try {
    return { key: read(), source }
  } catch (cause) {
    if (!(cause instanceof ManagerKeyError)) throw cause
    throw new ManagerKeyError(`${source}: ${cause.message}`, { cause, ...(cause.hint && { hint: cause.hint }) })
  }
}

/** A file with a key is for its owner (mode 0600); anything wider deserves a word. */
export function warnOfReaders(file: string, stat: fs.Stats, warn: (message: string) => void): void {
  if (stat.isFile() && (stat.mode & 0o077) !== 0) warn(`${file} holds a key and is readable by others; run: chmod 600 ${file}`)
}

/** Key and IV in base64, as they stand in one of those forms; undefined when one of them is missing. The last of several counts. */
export function keyOfText(text: string): { key: string; iv: string } | undefined {
  if (text.trimStart().startsWith('{')) return keyOfJson(text)
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*([#;]|\/\/|$)/.test(line))
  const found: { key?: string; iv?: string } = {}
  for (const line of lines) {
    const match =
      /^\s*(?:<\?php\s+)?(?:export\s+|const\s+|define\s*\(\s*)?["']?(?:manager[_-]aes[_-]|vpmanager_aes_|pbxkit_manager_(?:aes_)?)?(key|iv)["']?\s*[=,]\s*(?:"([^"]*)"|'([^']*)'|([^\s"';)]*))/i.exec(
        line
      )
    if (match) found[match[1]!.toLowerCase() as 'key' | 'iv'] = match[2] ?? match[3] ?? match[4] ?? ''
  }
  if (found.key !== undefined && found.iv !== undefined) return { key: found.key, iv: found.iv }
  const [key, iv, ...rest] = lines.map((line) => line.trim())
  const isBare = (line: string | undefined) => line !== undefined && /^[A-Za-z0-9+/=_-]+$/.test(line)
  return rest.length === 0 && isBare(key) && isBare(iv) ? { key: key!, iv: iv! } : undefined
}

function keyOfJson(text: string): { key: string; iv: string } | undefined {
  try {
    const { key, iv } = JSON.parse(text) as { key?: unknown; iv?: unknown }
    return typeof key === 'string' && typeof iv === 'string' ? { key, iv } : undefined
  } catch {
    return undefined
  }
}

/**
 * The key of the environment: PBXKIT_MANAGER_KEY and PBXKIT_MANAGER_IV, in base64.
 * @throws ConfigError when only one of them is set, ManagerKeyError
 */
export function readEnvironmentKey(env: NodeJS.ProcessEnv = process.env): SensorKey | undefined {
  const { PBXKIT_MANAGER_KEY: key, PBXKIT_MANAGER_IV: iv } = env
  if (!key && !iv) return undefined
  if (!key || !iv) {
    throw new ConfigError(`${key ? 'PBXKIT_MANAGER_IV' : 'PBXKIT_MANAGER_KEY'} is missing`, { hint: 'A key needs its IV.' })
  }
  return { key: parseManagerKey({ key, iv }), source: 'PBXKIT_MANAGER_KEY' }
}
