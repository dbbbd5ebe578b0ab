import fs from 'node:fs'
import { ConnectError } from '../errors.js'
import { openSshStream } from '../net/ssh-stream.js'
import { describeAddress, type Sensor } from '../sensors/sensor.js'
import type { Command } from '../voipmonitor/command.js'
import { encodeEncryptedRequest, encodePlainRequest } from '../voipmonitor/request.js'
import { type AnswerOptions, exchange, exchangeOver } from './exchange.js'

export interface SensorExchangeOptions extends AnswerOptions {
  /** Nobody is there whom ssh could ask. */
  batch?: boolean | undefined
}

/** ssh has to log in first, perhaps with a passphrase that somebody types. */
const sshFirstByteMs = 60_000

/**
 * Sends one command to a sensor, encrypted when there is a key, and gives the answer while it comes.
 * @throws what `exchange` and `encodeEncryptedRequest` throw
 */
export async function* exchangeWithSensor(
  { address, key, cipher }: Sensor,
  command: Command,
  { batch, ...options }: SensorExchangeOptions = {}
): AsyncGenerator<Buffer, void> {
  const request = key ? encodeEncryptedRequest(command, key, cipher) : encodePlainRequest(command)
  if (address.kind === 'ssh') {
    options.signal?.throwIfAborted()
    const timeouts = { ...options.timeouts, firstByteMs: options.timeouts?.firstByteMs ?? sshFirstByteMs }
    const endsInput = 'path' in address.target
    yield* exchangeOver(openSshStream({ ...address, batch }), describeAddress(address), request, {
      ...options,
      timeouts,
      endsInput
    })
    return
  }
  if (address.kind === 'unix') checkIsSocket(address.path)
  const where = address.kind === 'unix' ? { host: '', port: 0, path: address.path } : address
  yield* exchange(where, request, options)
}

/** As `exchangeWithSensor`, the answer in one piece. */
export async function askSensor(sensor: Sensor, command: Command, options: SensorExchangeOptions = {}): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of exchangeWithSensor(sensor, command, options)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The system says "connection refused" of a file that is no socket. @throws ConnectError */
function checkIsSocket(path: string): void {
  let stat: fs.Stats | undefined
  try {
    stat = fs.statSync(path, { throwIfNoEntry: false })
  } catch {
    // A folder on the way is not ours to look into: connecting says so.
  }
  if (!stat || stat.isSocket()) return
  throw new ConnectError(`${path} is no socket but a ${stat.isDirectory() ? 'directory' : 'file'}`, {
    details: { reason: 'ENOTSOCK' },
    hint: 'Name the socket that voipmonitor.conf has as managersocket, or that "manager_file start" made.'
  })
}
