import { PbxkitError, ProtocolError } from '../errors.js'
import { noKeyFor, type Sensor } from '../sensors/sensor.js'
import { parseCommand } from '../voipmonitor/command.js'
import type { ManagerKey } from '../voipmonitor/encryption.js'
import { NoSnifferKeyError, WrongKeyError } from '../voipmonitor/errors.js'
import type { SensorAnswer } from './ask-sensors.js'
import { askSensor, type SensorExchangeOptions } from './sensor-exchange.js'

/** What a sensor answered that holds the key. */
export interface KeyProof {
  readonly version: string
  /** Does the sniffer refuse the key that was replaced? Absent when none was. */
  readonly oldKeyFails?: boolean | undefined
}

const ownKeyHint = 'A key in its voipmonitor.conf comes before that of the database.'

/**
 * Proves that sensors hold their key: each must answer `getversion` encrypted with it. The new key comes first, because a sniffer takes the old one
 * until somebody has used the new one.
 * @param replaced must not be taken any more
 * @throws what is no failure of a sensor: the signal's reason
 */
export function proveKey(
  sensors: readonly Sensor[],
  replaced: ManagerKey | undefined,
  options: SensorExchangeOptions = {}
): Promise<SensorAnswer<KeyProof>[]> {
  return Promise.all(
    sensors.map(async (sensor): Promise<SensorAnswer<KeyProof>> => {
      // Nothing is proved of it in clear; the others are asked all the same.
      if (!sensor.key) return { sensor, error: noKeyFor(sensor.name) }
      try {
        const version = readVersion(await askSensor(sensor, parseCommand('getversion'), options))
        if (!replaced) return { sensor, answer: { version } }
        await checkOldKeyFails({ ...sensor, key: replaced }, options)
        return { sensor, answer: { version, oldKeyFails: true } }
      } catch (error) {
        if (options.signal?.aborted || !(error instanceof PbxkitError)) throw error
        return { sensor, error: error instanceof WrongKeyError ? withHint(error) : error }
      }
    })
  )
}

/** The version in an answer to `getversion`, such as `2026.04.0`. @throws ProtocolError */
export function readVersion(bytes: Buffer): string {
  const text = bytes.toString('utf8').trim()
  if (/^\d[\w.+-]{0,60}$/.test(text)) return text
  throw new ProtocolError('The answer to "getversion" is no version', { hint: 'Is this a VoIPmonitor sniffer?' })
}

async function checkOldKeyFails(sensor: Sensor, options: SensorExchangeOptions): Promise<void> {
  try {
    readVersion(await askSensor(sensor, parseCommand('getversion'), options))
  } catch (error) {
    if (error instanceof PbxkitError && /^E_(WRONG_KEY|WRONG_IV|NO_SNIFFER_KEY)$/.test(error.code)) return
    throw error
  }
  throw new NoSnifferKeyError('The sniffer still takes the key that was replaced', { hint: ownKeyHint })
}

function withHint(error: WrongKeyError): WrongKeyError {
  return new WrongKeyError(error.message, { cause: error, hint: `${error.hint} ${ownKeyHint}` })
}
