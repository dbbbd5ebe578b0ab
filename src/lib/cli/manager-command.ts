import { UsageError } from '../errors.js'
import { readGuiConfigurationKey } from '../sensors/gui-configuration.js'
import { GuiDatabase } from '../sensors/gui-database.js'
import { readIniSensors, sensorAddress } from '../sensors/ini-sensors.js'
import { readEnvironmentKey, readKeyFile } from '../sensors/key-file.js'
import {
  chooseSensors,
  describeAddress,
  type EncryptMode,
  type KeySource,
  type KnownSensor,
  type Sensor,
  withKey
} from '../sensors/sensor.js'
import {
  keyOfConf,
  localSensorId,
  localSensorName,
  readVoipmonitorConf,
  sensorOfConf,
  standardVoipmonitorConf
} from '../sensors/voipmonitor-conf.js'
import type { SensorExchangeOptions } from '../voipmonitor-client/sensor-exchange.js'
import { BaseCommand } from './base-command.js'
import { type ManagerFlagValues, managerFlags } from './manager-flags.js'
import type { Command } from './oclif.js'
import { isReadable } from './settings.js'
import { escapeControls } from './terminal-text.js'

/** A command that talks to the manager of one or more VoIPmonitor sniffers. */
export abstract class ManagerCommand<T extends typeof Command> extends BaseCommand<T> {
  static override baseFlags = { ...BaseCommand.baseFlags, ...managerFlags }

  readonly #warn = (message: string) => this.note(message)

  /**
   * The sniffers that are to be asked, each with its key: those of --sensor, else the one of --host, --port, --socket and --ssh, else that of
   * voipmonitor.conf.
   * @param wanted whether they must have a key; else the flags say it
   * @throws UsageError, ConfigError, ManagerKeyError, NoKeyRowError, SeveralKeyRowsError, KeyRowError, what `openStore` throws
   */
  protected async sensors(wanted?: EncryptMode): Promise<Sensor[]> {
    const flags = this.#managerFlags
    const encrypt = wanted ?? (flags.plain ? 'off' : flags.encrypt)
    const database = this.#database()
    try {
      const known = await this.#chosen(flags, database)
      const sensors = await Promise.all(
        known.map((one) => withKey(one, { sources: this.#sourcesFor(one, database), cipher: flags.cipher, encrypt }))
      )
      if (flags.verbose) {
        for (const [at, sensor] of sensors.entries())
          process.stderr.write(`pbxkit: ${escapeControls(describe(sensor, known[at]!.source))}\n`)
      }
      return sensors
    } finally {
      await database?.close()
    }
  }

  /** Sniffers that --sensor can name: of several with one name or id that of our own files counts, then the GUI's. */
  protected async knownSensors(wanted: readonly string[], database?: GuiDatabase): Promise<KnownSensor[]> {
    const known = readIniSensors(this.settings.files, this.#warn)
    const isLocalWanted = wanted.some((text) => text === localSensorName || text === String(localSensorId))
    const conf = this.#managerFlags['voipmonitor-conf'] ?? (isLocalWanted ? standardVoipmonitorConf : undefined)
    const others = [
      ...((await database?.sensors(this.#warn)) ?? []),
      ...(conf === undefined ? [] : [sensorOfConf(readVoipmonitorConf(conf))])
    ]
    return [...known, ...others.filter(({ name, id }) => !known.some((own) => own.name === name || own.id === id))]
  }

  /** Where a key is looked for that the sensor does not bring itself, the first first. */
  protected keySources(): KeySource[] {
    const file = this.#managerFlags['key-file']
    return [...(file === undefined ? [] : [() => readKeyFile(file, this.#warn)]), () => readEnvironmentKey()]
  }

  /** Behind those, what belongs to the sniffer and to its GUI. The standard voipmonitor.conf speaks for this machine's sniffer only. */
  #sourcesFor({ source }: KnownSensor, database: GuiDatabase | undefined): KeySource[] {
    const { 'voipmonitor-conf': named, 'gui-config': php } = this.#managerFlags
    const conf = named ?? (source === standardVoipmonitorConf ? source : undefined)
    return [
      ...this.keySources(),
      ...(conf === undefined ? [] : [() => keyOfConf(readVoipmonitorConf(conf), this.#warn)]),
      ...(php === undefined ? [] : [() => readGuiConfigurationKey(php, this.#warn)]),
      ...(database ? [() => database.key()] : [])
    ]
  }

  #database(): GuiDatabase | undefined {
    const { db, 'db-password-file': passwordFile } = this.#managerFlags
    if (db === undefined) return undefined
    return new GuiDatabase(db, {
      timeoutMs: (this.flags as unknown as { timeout: number }).timeout,
      passwordFile,
      urlSource: this.origins.get('db')?.kind === 'flag' ? 'argv' : 'private',
      signal: this.signal
    })
  }

  /** With --timeout, each wait and the whole answer have that long; without it the exchange's own limits hold. */
  protected exchangeOptions(): SensorExchangeOptions {
    const ms = this.origins.has('timeout') ? (this.flags as unknown as { timeout: number }).timeout : undefined
    return {
      signal: this.signal,
      batch: !this.mayAsk,
      ...(ms !== undefined && { timeouts: { connectMs: ms, firstByteMs: ms, idleMs: ms, totalMs: ms } })
    }
  }

  get #managerFlags(): ManagerFlagValues {
    return this.flags as unknown as ManagerFlagValues
  }

  async #chosen(flags: ManagerFlagValues, database: GuiDatabase | undefined): Promise<KnownSensor[]> {
    const { host, port, socket, ssh, sensor } = flags
    const typed = (name: string) => this.origins.get(name)?.kind === 'flag'
    const place = ['host', 'port', 'socket', 'ssh'].find(typed)
    const places = { host, port, socket, ssh }
    if (sensor !== undefined && sensor.length > 0) {
      if (place === undefined) return chooseSensors(await this.knownSensors(sensor, database), sensor)
      if (typed('sensor')) throw new UsageError(`--sensor and --${place} exclude each other`)
    }
    if (Object.values(places).every((value) => value === undefined)) {
      const conf = flags['voipmonitor-conf'] ?? (isReadable(standardVoipmonitorConf) ? standardVoipmonitorConf : undefined)
      if (conf !== undefined) return [sensorOfConf(readVoipmonitorConf(conf))]
    }
    // Of what a file says and what is typed, only one can be meant.
    if (typed('socket')) Object.assign(places, { host: undefined, port: undefined })
    else if (typed('host') || typed('port')) places.socket = undefined
    if (typed('socket') && (typed('host') || typed('port'))) throw new UsageError('--socket excludes --host and --port')
    const address = sensorAddress(places)
    return [{ name: describeAddress(address), address, source: 'the command line' }]
  }
}

function describe({ name, address, key, keySource, cipher }: Sensor, source: string): string {
  const how = key ? `${cipher ?? 'aes-128-cbc'}, key from ${keySource}` : 'in clear'
  const where = describeAddress(address)
  return `${name === where ? name : `${name} (${source}): ${where}`}, ${how}`
}
