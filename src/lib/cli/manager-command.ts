import { UsageError } from '../errors.js'
import { readIniSensors, sensorAddress } from '../sensors/ini-sensors.js'
import { readEnvironmentKey, readKeyFile } from '../sensors/key-file.js'
import { chooseSensors, describeAddress, type KeySource, type KnownSensor, type Sensor, withKey } from '../sensors/sensor.js'
import type { SensorExchangeOptions } from '../voipmonitor-client/sensor-exchange.js'
import { BaseCommand } from './base-command.js'
import { type ManagerFlagValues, managerFlags } from './manager-flags.js'
import type { Command } from './oclif.js'
import { escapeControls } from './terminal-text.js'

/** A command that talks to the manager of one or more VoIPmonitor sniffers. */
export abstract class ManagerCommand<T extends typeof Command> extends BaseCommand<T> {
  static override baseFlags = { ...BaseCommand.baseFlags, ...managerFlags }

  readonly #warn = (message: string) => this.note(message)

  /**
   * The sniffers that are to be asked, each with its key: those of --sensor, else the one of --host, --port, --socket and --ssh.
   * @throws UsageError, ConfigError, ManagerKeyError
   */
  protected async sensors(): Promise<Sensor[]> {
    const flags = this.#managerFlags
    const encrypt = flags.plain ? 'off' : flags.encrypt
    const known = this.#chosen(flags)
    const sensors = await Promise.all(
      known.map((one) => withKey(one, { sources: this.keySources(), cipher: flags.cipher, encrypt }))
    )
    if (flags.verbose) {
      for (const [at, sensor] of sensors.entries())
        process.stderr.write(`pbxkit: ${escapeControls(describe(sensor, known[at]!.source))}\n`)
    }
    return sensors
  }

  /** Sniffers that --sensor can name. */
  protected knownSensors(): KnownSensor[] {
    return readIniSensors(this.settings.files, this.#warn)
  }

  /** Where a key is looked for that the sensor does not bring itself, the first first. */
  protected keySources(): KeySource[] {
    const file = this.#managerFlags['key-file']
    return [...(file === undefined ? [] : [() => readKeyFile(file, this.#warn)]), () => readEnvironmentKey()]
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

  #chosen({ host, port, socket, ssh, sensor }: ManagerFlagValues): KnownSensor[] {
    const typed = (name: string) => this.origins.get(name)?.kind === 'flag'
    const place = ['host', 'port', 'socket', 'ssh'].find(typed)
    const places = { host, port, socket, ssh }
    if (sensor !== undefined && sensor.length > 0) {
      if (place === undefined) return chooseSensors(this.knownSensors(), sensor)
      if (typed('sensor')) throw new UsageError(`--sensor and --${place} exclude each other`)
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
