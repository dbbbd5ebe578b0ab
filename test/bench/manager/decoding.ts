import { execFile } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { promisify } from 'node:util'
import { decodeReply } from '../../../src/lib/voipmonitor/inflate.js'
import { ListDecoder } from '../../../src/lib/voipmonitor/list-decoder.js'
import { listCallsAnswer } from '../../unit/support/listed-calls.js'
import type { Product } from '../support/product.js'
import { alternate, type BenchOptions, compare, type Limit, type Measurement } from '../support/suite.js'
import { callsOf, manyCalls } from './calls.js'
import { encryption, exchanges } from './recordings.js'

/** As much as a socket gives at a time. */
const chunkBytes = 64 * 1024
const command = { name: 'listcalls', text: 'listcalls {"zip":"yes"}' }

/** Decrypting and inflating the answer of 100,000 calls, and reading its rows, against openssl and gunzip. */
export async function measureDecoding(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const calls = callsOf(exchanges)
  const megabytes = listCallsAnswer(calls, '{}').length / 1e6
  const aes = createCipheriv(encryption.cipher.name, encryption.key, encryption.iv)
  const ciphertext = Buffer.concat([aes.update(listCallsAnswer(calls, '{"zip":"yes"}')), aes.final()])
  const file = product.writeFile('reply.aes', ciphertext.toString('latin1'), 'latin1')
  const reply = Buffer.concat([Buffer.from('aes:'), ciphertext])
  const openssl = () => speed(megabytes, () => opensslAndGunzip(file))
  const row = async (what: string, ours: () => Promise<void>, limit?: Limit) =>
    compare({
      what,
      pairs: await alternate(options, what, { ours: () => speed(megabytes, ours), against: openssl }),
      value: (megabytesPerS) => megabytesPerS,
      format: (megabytesPerS) => `${megabytesPerS.toFixed(0)} MB/s`,
      againstName: 'openssl enc -d | gunzip',
      ...(limit && { limit })
    })
  return [
    await row(`${manyCalls} calls: decrypted and inflated`, () => decode(reply), { atLeast: 0.5 }),
    await row(`${manyCalls} calls: with their rows read`, () => decodeRows(reply))
  ]
}

async function speed(megabytes: number, run: () => Promise<void>): Promise<number> {
  const before = performance.now()
  await run()
  return megabytes / ((performance.now() - before) / 1000)
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer, void> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

async function decode(reply: Buffer): Promise<void> {
  for await (const _ of decodeReply(chunksOf(reply), { command, encryption }));
}

async function decodeRows(reply: Buffer): Promise<void> {
  const decoder = new ListDecoder()
  let rows = 0
  for await (const chunk of decodeReply(chunksOf(reply), { command, encryption })) rows += decoder.push(chunk).length
  decoder.end()
  if (rows !== manyCalls) throw new Error(`${rows} rows were read`)
}

async function opensslAndGunzip(file: string): Promise<void> {
  const { key, iv, cipher } = encryption
  const decrypt = `openssl enc -d -${cipher.name} -K ${key.toString('hex')} -iv ${iv.toString('hex')} -in "$1"`
  await promisify(execFile)('bash', ['-c', `set -o pipefail; ${decrypt} | gunzip > /dev/null`, 'bash', file])
}
