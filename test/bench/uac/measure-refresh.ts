import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { waitUntil } from '../../lab/servers/wait.js'
import type { Product } from '../support/product.js'
import type { BenchOptions, Measurement } from '../support/suite.js'
import { startOurs } from './clients.js'
import { Registrar } from './registrar.js'
import { counted } from './rows.js'

const count = 1_000
const rounds = 3
const limitMs = 60_000

/** What a refresh costs: the nonce is kept, so that it is one request. */
export async function measureRefresh({ progress }: BenchOptions, product: Product): Promise<Measurement[]> {
  progress('refresh')
  const registrar = await Registrar.start()
  const control = path.join(path.dirname(product.program), '../uac.sock')
  const client = await startOurs(product, { count, port: registrar.port, transport: 'udp' }, ['--control', control])
  const costs: number[] = []
  try {
    await registrar.granted(count, client.startedAt, limitMs)
    for (let round = 1; round <= rounds; round++) {
      const before = await registrar.counts()
      await promisify(execFile)(process.execPath, [product.program, 'uac', 'refresh', '*', '--control', control], {
        env: product.env
      })
      if (!(await waitUntil(async () => (await registrar.counts()).granted >= before.granted + count, limitMs)))
        throw new Error('no refresh')
      costs.push(((await registrar.counts()).received - before.received) / count)
    }
  } finally {
    await client.stop()
    await registrar.stop()
  }
  return [counted(`${count} accounts refreshed: REGISTERs for each`, costs, { atLeast: 1, atMost: 1 })]
}
