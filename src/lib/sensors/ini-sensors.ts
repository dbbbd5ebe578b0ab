import fs from 'node:fs'
import path from 'node:path'
import { ConfigError, type PbxkitError } from '../errors.js'
import { suggestion } from '../nearest.js'
import { usableCipher } from '../voipmonitor/cipher.js'
import { parseManagerKey } from '../voipmonitor/encryption.js'
import { readKeyFile, warnOfReaders } from './key-file.js'
import {
  checkSshDestination,
  defaultManagerHost,
  defaultManagerPort,
  type EncryptMode,
  encryptModes,
  type KnownSensor,
  type SensorAddress,
  type SensorKey
} from './sensor.js'

/** The sections of a configuration file. */
export interface IniFile {
  readonly path: string
  readonly sections: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

const knownSettings = ['id', 'host', 'port', 'socket', 'ssh', 'key-file', 'key', 'iv', 'cipher', 'encrypt']

/**
 * Reads the sections `[sensor NAME]`. Of several with one name that of the first file counts.
 * @param warn told of key files that others may read
 * @throws ConfigError that names the file and the section
 */
export function readIniSensors(files: readonly IniFile[], warn: (message: string) => void): KnownSensor[] {
  const sensors = new Map<string, KnownSensor>()
  for (const file of files) {
    for (const [section, values] of Object.entries(file.sections)) {
      const name = /^sensor\s+(.+)$/.exec(section)?.[1]?.trim()
      if (name === undefined || sensors.has(name)) continue
      const texts = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String([value].flat().at(-1))]))
      sensors.set(name, readSensor(name, texts, file.path, warn))
    }
  }
  return [...sensors.values()]
}

function readSensor(
  name: string,
  values: Readonly<Record<string, string>>,
  file: string,
  warn: (message: string) => void
): KnownSensor {
  const source = `${file} [sensor ${name}]`
  const fail = (what: string, hint?: string, cause?: unknown): never => {
    throw new ConfigError(`${source}: ${what}`, { ...(hint && { hint }), cause })
  }
  const strange = Object.keys(values).find((key) => !knownSettings.includes(key))
  if (strange !== undefined) {
    fail(`unknown setting "${strange}"`, suggestion(strange, knownSettings) ?? `A sensor has ${knownSettings.join(', ')}.`)
  }
  if (name === 'all') fail('a sensor cannot be called "all"')
  const { id, cipher, encrypt, key, iv } = values
  if (id !== undefined && !/^-?\d{1,9}$/.test(id)) fail('id is a whole number')
  if (encrypt !== undefined && !encryptModes.includes(encrypt as EncryptMode)) fail(`encrypt is ${encryptModes.join(', ')}`)
  if ((key === undefined) !== (iv === undefined)) fail('key and iv go together')
  const keyFile = values['key-file']
  if (keyFile !== undefined && key !== undefined) fail('key-file and key exclude each other')
  try {
    if (cipher !== undefined) usableCipher(cipher)
    return {
      name,
      id: id === undefined ? undefined : Number(id),
      address: addressOf(values, fail),
      cipher,
      encrypt: encrypt as EncryptMode | undefined,
      source,
      ...(keyFile !== undefined && { readKey: () => readKeyFile(path.resolve(path.dirname(file), keyFile), warn) }),
      ...(key !== undefined && { readKey: () => keyOfSection({ key, iv: iv! }, file, source, warn) })
    }
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    return fail((cause as Error).message, (cause as PbxkitError).hint, cause)
  }
}

function keyOfSection(
  text: { key: string; iv: string },
  file: string,
  source: string,
  warn: (message: string) => void
): SensorKey {
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  if (stat) warnOfReaders(file, stat, warn)
  return { key: parseManagerKey(text), source }
}

function addressOf(values: Readonly<Record<string, string>>, fail: (what: string) => never): SensorAddress {
  const { host, port, socket, ssh } = values
  if ([host, port, socket, ssh].every((value) => value === undefined)) fail('host or socket is missing')
  if (socket !== undefined && (host !== undefined || port !== undefined)) fail('socket excludes host and port')
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) < 65_536)) {
    fail(`port is a number up to 65535, not "${port}"`)
  }
  return sensorAddress({ host, port: port === undefined ? undefined : Number(port), socket, ssh })
}

/**
 * Where a sensor is, from the words of flags and settings.
 * @throws UsageError
 */
export function sensorAddress({
  host = defaultManagerHost,
  port = defaultManagerPort,
  socket,
  ssh
}: {
  host?: string | undefined
  port?: number | undefined
  socket?: string | undefined
  ssh?: string | undefined
}): SensorAddress {
  if (ssh !== undefined) {
    return {
      kind: 'ssh',
      destination: checkSshDestination(ssh),
      target: socket === undefined ? { host, port } : { path: socket }
    }
  }
  return socket === undefined ? { kind: 'tcp', host, port } : { kind: 'unix', path: socket }
}
