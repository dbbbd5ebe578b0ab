import { spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { parseCommand } from '../../../src/lib/voipmonitor/command.js'
import { encodeEncryptedRequest } from '../../../src/lib/voipmonitor/request.js'
import { ask } from '../../../src/lib/voipmonitor-client/exchange.js'
import { milliseconds } from '../proxy/rows.js'
import { startScript } from '../support/processes.js'
import type { Product } from '../support/product.js'
import { median } from '../support/statistics.js'
import { alternate, type BenchOptions, compare, type Measurement } from '../support/suite.js'
import { key, keyText } from './recordings.js'

/** How long a sniffer takes to answer: our request against one that ends with a line feed, and the whole of our program against netcat. */
export async function measureRequests(options: BenchOptions, product: Product): Promise<Measurement[]> {
  const sniffer = await startScript('manager/sides/sniffer.ts', ['0'])
  const rounds = options.quick ? 5 : 20
  const { port } = sniffer
  const medianOf = async (one: () => Promise<unknown>) => {
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      const before = performance.now()
      await one()
      times.push(performance.now() - before)
    }
    return median(times)
  }
  const request = encodeEncryptedRequest(parseCommand('getversion'), key)
  const env = { ...product.env, PBXKIT_MANAGER_KEY: keyText.key, PBXKIT_MANAGER_IV: keyText.iv }
  try {
    const requests = await alternate(options, 'requests', {
      ours: () => medianOf(() => ask({ host: '127.0.0.1', port }, request)),
      against: () => medianOf(() => askInClear(port, 'getversion\n'))
    })
    const programs = await alternate(options, 'programs', {
      ours: () =>
        medianOf(() => run(process.execPath, [product.program, 'manager', 'send', 'getversion', '--port', String(port)], env)),
      against: () => medianOf(() => run('sh', ['-c', `echo getversion | nc 127.0.0.1 ${port}`], env))
    })
    const rows = { value: (ms: number) => ms, format: milliseconds }
    return [
      compare({
        ...rows,
        what: 'a request, encrypted',
        pairs: requests,
        againstName: 'ended by a line feed',
        limit: { atMost: 0.1 }
      }),
      compare({
        ...rows,
        what: 'manager send getversion, the whole program',
        pairs: programs,
        againstName: 'echo | nc',
        limit: { atMost: 1 }
      })
    ]
  } finally {
    await sniffer.stop()
  }
}

function askInClear(port: number, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true }, () => socket.write(text))
    socket.on('error', reject).on('close', () => resolve())
    socket.resume()
  })
}

/** @throws Error when it fails */
async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`)
}
