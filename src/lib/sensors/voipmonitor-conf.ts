import fs from 'node:fs'
import path from 'node:path'
import { ConfigError } from '../errors.js'
import { parseManagerKey } from '../voipmonitor/encryption.js'
import { readConfigurationText } from './configuration-text.js'
import { keyWithSource, warnOfReaders } from './key-file.js'
import { defaultManagerHost, defaultManagerPort, type KnownSensor, type SensorAddress, type SensorKey } from './sensor.js'

/** Where the sniffer's packages put it. */
export const standardVoipmonitorConf = '/etc/voipmonitor.conf'

/** The name of the sniffer of this machine's voipmonitor.conf, and the `id_sensor` of one that has no row in the GUI's table. */
export const localSensorName = 'local'
export const localSensorId = -1

/** Beside voipmonitor.conf: the sniffer reads every file there after it (`/etc/voipmonitor/conf.d/`), folders in it not. */
const moreFiles = path.join('voipmonitor', 'conf.d')

/** What of voipmonitor.conf concerns the manager; each as it stands there, the last of several. */
export interface VoipmonitorConf {
  /** As messages call it; of the folder's files those that say something of the manager are named too. */
  readonly file: string
  /** Those that hold a key. */
  readonly keyFiles: readonly string[]
  readonly managerip?: string | undefined
  readonly managerport?: string | undefined
  readonly managersocket?: string | undefined
  readonly manager_aes_key?: string | undefined
  readonly manager_aes_iv?: string | undefined
}

const wanted = ['managerip', 'managerport', 'managersocket', 'manager_aes_key', 'manager_aes_iv'] as const

/**
 * Reads voipmonitor.conf, and the files of `voipmonitor/conf.d` beside it, by name: `name = value` in the section `[general]` or before any. A comment
 * begins with # or ; at the beginning of a line, or behind a blank.
 * @throws ConfigError
 */
export function readVoipmonitorConf(file: string): VoipmonitorConf {
  const read = (one: string) => ({ file: one, ...parseVoipmonitorConf(readConfigurationText(one).text) })
  const more = filesIn(path.join(path.dirname(file), moreFiles)).map(read)
  const telling = more.filter((conf) => wanted.some((name) => conf[name] !== undefined))
  const all = [read(file), ...telling]
  return Object.assign({}, ...all, {
    file: all.map((conf) => conf.file).join(' and '),
    keyFiles: all.filter((conf) => conf.manager_aes_key !== undefined).map((conf) => conf.file)
  })
}

/** In the order of their names: the sniffer takes them in the order of the folder, which nobody chooses. */
function filesIn(folder: string): string[] {
  const entries = fs.existsSync(folder) ? fs.readdirSync(folder, { withFileTypes: true }) : []
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  return names.sort().map((name) => path.join(folder, name))
}

/** As `readVoipmonitorConf`, from the text. */
export function parseVoipmonitorConf(text: string): Omit<VoipmonitorConf, 'file' | 'keyFiles'> {
  const found: Partial<Record<(typeof wanted)[number], string>> = {}
  let isGeneral = true
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    const section = /^\s*\[([^\]]*)\]/.exec(line)
    if (section) isGeneral = section[1]!.trim().toLowerCase() === 'general'
    const [, name, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    const known = wanted.find((one) => one === name)
    if (known && isGeneral) found[known] = value!.replace(/(^|\s+)[#;].*$/, '')
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== ''))
}

/**
 * The sniffer that a voipmonitor.conf describes. Its unix socket comes first where we may use it: nobody else can listen in, and it answers when the
 * database does not. An address that means "all" is this machine's.
 * @throws ConfigError
 */
export function sensorOfConf(conf: VoipmonitorConf, mayUse: (path: string) => boolean = isUsable): KnownSensor {
  return { name: localSensorName, id: localSensorId, address: addressOf(conf, mayUse), source: conf.file }
}

function addressOf(
  { file, managerip: host = defaultManagerHost, managerport, managersocket }: VoipmonitorConf,
  mayUse: (path: string) => boolean
): SensorAddress {
  if (managersocket !== undefined && mayUse(managersocket)) return { kind: 'unix', path: managersocket }
  const port = managerport === undefined ? defaultManagerPort : Number(managerport)
  if (!/^\d{1,5}$/.test(String(managerport ?? port)) || port < 1 || port > 65_535) {
    throw new ConfigError(`${file}: managerport is a number up to 65535, not "${managerport}"`)
  }
  if (/[\s\0-\x1f]/.test(host)) throw new ConfigError(`${file}: managerip is one address, not "${host}"`)
  return { kind: 'tcp', host: host === '0.0.0.0' || host === '::' ? defaultManagerHost : host, port }
}

function isUsable(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK)
    return true
  } catch {
    return false
  }
}

/**
 * The key of a voipmonitor.conf; undefined when it has none.
 * @throws ConfigError when one of key and IV is missing (the sniffer then uses neither), ManagerKeyError
 */
export function keyOfConf(conf: VoipmonitorConf, warn: (message: string) => void): SensorKey | undefined {
  const { file, keyFiles, manager_aes_key: key, manager_aes_iv: iv } = conf
  if (key === undefined && iv === undefined) return undefined
  if (key === undefined || iv === undefined) {
    throw new ConfigError(`${file} has no ${key === undefined ? 'manager_aes_key' : 'manager_aes_iv'}`, {
      hint: 'A key needs its IV: the sniffer uses neither of them alone.'
    })
  }
  for (const one of keyFiles) {
    const stat = fs.statSync(one, { throwIfNoEntry: false })
    if (stat) warnOfReaders(one, stat, warn)
  }
  return keyWithSource(file, () => parseManagerKey({ key, iv }))
}
