import { UsageError } from '../errors.js'
import { suggestion } from '../nearest.js'
import { formatAddress } from '../net/address.js'
import type { ManagerKey } from '../voipmonitor/encryption.js'

/** `managerport` unless voipmonitor.conf says otherwise. */
export const defaultManagerPort = 5029
/** `managerip` unless voipmonitor.conf says otherwise. */
export const defaultManagerHost = '127.0.0.1'

/** Where a sniffer's manager listens. Over ssh the target is as the other host sees it. */
export type SensorAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'ssh'; readonly destination: string; readonly target: SshTarget }

export type SshTarget = { readonly host: string; readonly port: number } | { readonly path: string }

/** A key, and where it came from as people call it (`/etc/pbxkit/vm.key`, `PBXKIT_MANAGER_KEY`). */
export interface SensorKey {
  readonly key: ManagerKey
  readonly source: string
  /** What it is used with, where that is said beside it. */
  readonly cipher?: string | undefined
}

/** A sniffer that can be asked. With a key it is asked encrypted, and only so. */
export interface Sensor {
  readonly name: string
  readonly address: SensorAddress
  readonly key?: ManagerKey | undefined
  readonly keySource?: string | undefined
  /** aes-128-cbc unless given. */
  readonly cipher?: string | undefined
}

/** What may know a key: undefined when it does not. @throws ManagerKeyError, ConfigError when what it knows cannot be used */
export type KeySource = () => SensorKey | undefined | Promise<SensorKey | undefined>

/** A sniffer that some source (an ini section, a table of the GUI) tells of. Its key is looked for only when it is chosen. */
export interface KnownSensor {
  readonly name: string
  /** `id_sensor` of the GUI: another name to choose it by. */
  readonly id?: number | undefined
  readonly address: SensorAddress
  readonly readKey?: KeySource | undefined
  readonly cipher?: string | undefined
  /** `off`: asked in clear though there is a key. */
  readonly encrypt?: EncryptMode | undefined
  /** Who told of it. */
  readonly source: string
}

export const encryptModes = ['auto', 'on', 'off'] as const
/** `auto`: encrypted when there is a key. */
export type EncryptMode = (typeof encryptModes)[number]

/** An address as messages call it. */
export function describeAddress(address: SensorAddress): string {
  if (address.kind === 'unix') return address.path
  if (address.kind === 'tcp') return formatAddress(address)
  return `${'path' in address.target ? address.target.path : formatAddress(address.target)} on ${address.destination} (ssh)`
}

/**
 * Finds sensors by name or id; `all` is every one. Each comes once, in the order that was asked for.
 * @throws UsageError with the nearest names
 */
export function chooseSensors(known: readonly KnownSensor[], wanted: readonly string[]): KnownSensor[] {
  const chosen = wanted.flatMap((text) => {
    if (text === 'all' && known.length > 0) return known
    // Names of the GUI need not be unique, and one may be called as another is numbered.
    const found = new Set(known.filter(({ name, id }) => name === text || String(id) === text))
    if (found.size > 1) {
      const candidates = [...found].map((one) => `${one.name} (id ${one.id}, ${describeAddress(one.address)})`)
      throw new UsageError(`"${text}" may be ${candidates.join(' or ')}`, { hint: 'Name it by an id or a name of its own.' })
    }
    if (found.size === 1) return [...found]
    throw new UsageError(text === 'all' ? 'No sensors are configured' : `There is no sensor "${text}"`, {
      hint:
        known.length === 0
          ? `Describe it in a section [sensor ${text === 'all' ? 'NAME' : text}] of the configuration file, with its host and port, or socket; or name the GUI's database with --db.`
          : (suggestion(
              text,
              known.map(({ name }) => name)
            ) ?? `There are ${known.map(({ name }) => name).join(', ')}.`)
    })
  })
  return [...new Set(chosen)]
}

/**
 * Gives a chosen sensor its key: its own, else the first that a common source knows.
 * @throws UsageError when it is to be encrypted and there is no key; ManagerKeyError, ConfigError
 */
export async function withKey(
  { name, address, readKey, cipher, encrypt }: KnownSensor,
  { sources, ...common }: { sources: readonly KeySource[]; cipher?: string | undefined; encrypt?: EncryptMode | undefined }
): Promise<Sensor> {
  const mode = common.encrypt ?? encrypt ?? 'auto'
  const sensor = { name, address, cipher: common.cipher ?? cipher }
  if (mode === 'off') return sensor
  for (const source of [...(readKey ? [readKey] : []), ...sources]) {
    const found = await source()
    if (found) return { ...sensor, cipher: sensor.cipher ?? found.cipher, key: found.key, keySource: found.source }
  }
  if (mode === 'on') throw noKeyFor(name)
  return sensor
}

export function noKeyFor(name: string): UsageError {
  return new UsageError(`There is no key to encrypt with for ${name}`, {
    hint: 'Name a file with --key-file, or set PBXKIT_MANAGER_KEY and PBXKIT_MANAGER_IV.'
  })
}

/**
 * Checks what ssh will take for a host: never an option, never more than one word.
 * @throws UsageError
 */
export function checkSshDestination(text: string): string {
  if (/^[^\s\0-\x1f-][^\s\0-\x1f]*$/.test(text)) return text
  throw new UsageError(`"${text}" is not a destination for ssh`, { hint: 'Write HOST or USER@HOST, as for ssh.' })
}
