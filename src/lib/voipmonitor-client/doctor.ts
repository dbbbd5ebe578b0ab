import { ExitStatus, PbxkitError } from '../errors.js'
import { describeAddress, type Sensor } from '../sensors/sensor.js'
import { parseCommand } from '../voipmonitor/command.js'
import { createEncryption } from '../voipmonitor/encryption.js'
import { isLocal, lookAtSocket } from './manager-socket.js'
import { readVersion } from './prove-key.js'
import { askSensor, type SensorExchangeOptions } from './sensor-exchange.js'
import { socketProblem } from './socket-problem.js'

/** One thing that was looked at. */
export interface DoctorFinding {
  readonly code: string
  readonly severity: 'ok' | 'warning' | 'error'
  readonly message: string
  readonly hint?: string | undefined
}

export interface Diagnosis {
  readonly sensor: Sensor
  readonly findings: readonly DoctorFinding[]
  /** That of the first error. */
  readonly exit: ExitStatus
}

/**
 * Finds out why a sniffer does not answer: its socket, its port, the key, then what the sniffer itself says about encryption. It stops where nothing
 * further can be learned.
 *
 * With a key it is asked encrypted first, and in clear only when that fails: a sniffer that lost its database answers whoever holds the key until
 * somebody asks in clear, and then nobody at all.
 * @param keyProblem why there is no key though there should be one
 * @throws the signal's reason
 */
export async function diagnose(
  sensor: Sensor,
  options: SensorExchangeOptions = {},
  keyProblem?: PbxkitError
): Promise<Diagnosis> {
  const doctor = new Doctor(sensor, options)
  if (keyProblem) doctor.blame(keyProblem)
  await doctor.examine(keyProblem !== undefined)
  return { sensor, findings: doctor.findings, exit: doctor.exit }
}

class Doctor {
  readonly findings: DoctorFinding[] = []
  exit: ExitStatus = ExitStatus.done
  readonly #sensor: Sensor
  readonly #options: SensorExchangeOptions

  constructor(sensor: Sensor, options: SensorExchangeOptions) {
    this.#sensor = sensor
    this.#options = options
  }

  async examine(isKeyBroken: boolean): Promise<void> {
    if (!(await this.#socketIsGood())) return
    if (!this.#keyIsGood(isKeyBroken)) return
    if (this.#sensor.key) {
      const failure = await this.#failure('getversion', this.#sensor)
      if (!failure) return
      this.blame(failure)
      if (isUnreachable(failure)) return
    }
    await this.#askInClear()
  }

  blame(error: PbxkitError): void {
    this.#add('error', error.code, error.message, error.hint)
    if (this.exit === ExitStatus.done) this.exit = error.exit
  }

  #add(severity: DoctorFinding['severity'], code: string, message: string, hint?: string): void {
    this.findings.push({ code, severity, message, ...(hint && { hint }) })
  }

  async #socketIsGood(): Promise<boolean> {
    const { name, address } = this.#sensor
    if (address.kind !== 'unix') return true
    const state = await lookAtSocket({ name, address }, this.#options)
    const problem = socketProblem(state)
    if (!problem) this.#add('ok', 'socket', `${address.path} is a socket with mode ${state.mode}, and a sniffer answers on it`)
    else if (state.version !== undefined) this.#add('warning', problem.code, `${address.path} ${problem.message}`, problem.hint)
    else this.blame(problem)
    return state.version !== undefined
  }

  #keyIsGood(isBroken: boolean): boolean {
    const { key, keySource = 'the command line', cipher } = this.#sensor
    if (!key) {
      if (!isBroken)
        this.#add(
          'warning',
          'no-key',
          'there is no key here: the sniffer is asked in clear',
          'See --key-file, --voipmonitor-conf and --db.'
        )
      return true
    }
    try {
      const encryption = createEncryption(key, cipher)
      const bytes = `${key.key.length} bytes, and its IV ${key.iv.length}`
      this.#add(
        'ok',
        'key',
        `the key from ${keySource} has ${bytes}; ${encryption.cipher.name} takes ${encryption.cipher.keyBytes} and 16`
      )
    } catch (error) {
      if (!(error instanceof PbxkitError)) throw error
      this.blame(error)
      return false
    }
    if (![16, 24, 32].includes(key.key.length) || key.iv.length !== 16) {
      this.#add(
        'warning',
        'odd-key',
        'no cipher takes a key or an IV of that length: only the first bytes are used',
        'Make a new one with pbxkit keygen --type voipmonitor.'
      )
    }
    return true
  }

  /** What the sniffer tells everybody: its version, whether it can encrypt, and whether it has a key. */
  async #askInClear(): Promise<void> {
    const clear = { name: this.#sensor.name, address: this.#sensor.address }
    const failure = await this.#failure('getverbuild', clear)
    if (failure) {
      if (!this.findings.some(({ code }) => code === failure.code)) this.blame(failure)
      return
    }
    const supports = await this.#answer('support_aes', clear)
    const hasKey = await this.#answer('exists_aes_key', clear)
    if (supports === 'no') {
      this.#add(
        'warning',
        'no-aes',
        'this sniffer cannot encrypt: it runs without a database (nocdr) and has no key in its voipmonitor.conf'
      )
    }
    if (this.#sensor.key) {
      if (hasKey === 'no' && this.exit === ExitStatus.done) this.exit = ExitStatus.refused
      if (hasKey === 'no') {
        this.#add(
          'error',
          'sniffer-has-no-key',
          'the sniffer has no key at all, so that it can decrypt nothing',
          'Set manager_aes_key and manager_aes_iv in its voipmonitor.conf, or copy the key into its database with pbxkit manager key copy.'
        )
      } else if (hasKey === 'yes') {
        this.#add(
          'warning',
          'sniffer-has-key',
          'the sniffer has a key, and it is not this one',
          'A key in its voipmonitor.conf comes before that of its database.'
        )
      }
      return
    }
    // A small answer that is given in clear only where nothing has to be encrypted.
    const refusal = await this.#try('totalregisters', clear)
    if (refusal instanceof PbxkitError) return this.blame(refusal)
    if (clear.address.kind === 'unix') return
    const why = hasKey === 'yes' ? 'it has a key, and manager_enable_unencrypted' : 'it has no key'
    this.#add(
      isLocal(clear) ? 'ok' : 'warning',
      'answers-in-clear',
      `the sniffer answers everything in clear: ${why}`,
      isLocal(clear) ? undefined : 'Whoever reaches its port can list calls: let it listen on 127.0.0.1, or give it a key.'
    )
  }

  /** Asks for the version, and notes it; undefined when all went well. */
  async #failure(command: 'getversion' | 'getverbuild', sensor: Sensor): Promise<PbxkitError | undefined> {
    const answer = await this.#try(command, sensor, readBuild)
    if (answer instanceof PbxkitError) return answer
    const how = sensor.key ? 'encrypted, with this key' : 'in clear'
    this.#add('ok', 'answers', `${describeAddress(sensor.address)} is a sniffer (${answer}), and answers ${how}`)
    return undefined
  }

  async #answer(command: string, sensor: Sensor): Promise<string | undefined> {
    const answer = await this.#try(command, sensor)
    return answer instanceof PbxkitError ? undefined : answer
  }

  async #try(
    command: string,
    sensor: Sensor,
    read = (bytes: Buffer) => bytes.toString('utf8').trim()
  ): Promise<string | PbxkitError> {
    try {
      return read(await askSensor(sensor, parseCommand(command), this.#options))
    } catch (error) {
      if (this.#options.signal?.aborted || !(error instanceof PbxkitError)) throw error
      return error
    }
  }
}

/** `2026.04.0`, or with the build behind it. @throws ProtocolError */
function readBuild(bytes: Buffer): string {
  const text = bytes.toString('utf8').trim()
  readVersion(Buffer.from(text.replace(/ \([\w.+-]{1,60}\)$/, '')))
  return text
}

function isUnreachable({ exit }: PbxkitError): boolean {
  return exit === ExitStatus.unreachable || exit === ExitStatus.tryAgain
}
