import { PbxkitError } from '../errors.js'
import type { Sensor } from '../sensors/sensor.js'
import type { Command } from '../voipmonitor/command.js'
import { askSensor, type SensorExchangeOptions } from './sensor-exchange.js'

/** What became of a command at one sensor. */
export interface SensorAnswer<T = Buffer> {
  readonly sensor: Sensor
  readonly answer?: T | undefined
  readonly error?: PbxkitError | undefined
}

/**
 * Sends one command to all sensors at the same time. A sensor that fails, or whose answer cannot be read, is an answer with an error.
 * @param read makes of the bytes what is wanted
 * @throws what is no failure of a sensor: the signal's reason
 */
export function askSensors<T>(
  sensors: readonly Sensor[],
  command: Command,
  read: (bytes: Buffer) => T,
  options: SensorExchangeOptions = {}
): Promise<SensorAnswer<T>[]> {
  return Promise.all(
    sensors.map(async (sensor): Promise<SensorAnswer<T>> => {
      try {
        return { sensor, answer: read(await askSensor(sensor, command, options)) }
      } catch (error) {
        if (options.signal?.aborted || !(error instanceof PbxkitError)) throw error
        return { sensor, error }
      }
    })
  )
}
