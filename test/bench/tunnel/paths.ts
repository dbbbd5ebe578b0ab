import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { choosePort } from '../../lab/servers/ports.js'
import { cpuSeconds } from '../support/cpu.js'
import { root, type SideProcess, startScript, startSide } from '../support/processes.js'
import type { Product } from '../support/product.js'
import type { CallOrder } from './sides/asterisk.js'
import { startSsh } from './sshd.js'

const certificate = path.join(root, 'test/fixtures/tls/server')

/** A way from Asterisk to the application. */
export interface CallPath {
  port: number
  /** Processes in between. */
  pids: () => number[]
  stop: () => Promise<void> | void
}

export const pathNames = ['direct', 'ssh', 'plain', 'tls'] as const
export type PathName = (typeof pathNames)[number]

/** Asterisk, the application, and every way between them, all at the same time: what disturbs one disturbs all. */
export class Paths {
  readonly #asterisk: SideProcess
  readonly #application: SideProcess
  readonly #paths: Readonly<Record<PathName, CallPath>>

  private constructor(asterisk: SideProcess, application: SideProcess, paths: Record<PathName, CallPath>) {
    this.#asterisk = asterisk
    this.#application = application
    this.#paths = paths
  }

  static async start(product: Product): Promise<Paths> {
    const asterisk = await startScript('tunnel/sides/asterisk.ts', [], { ipc: true })
    const application = await startScript('tunnel/sides/application.ts', [], { ipc: true })
    const { port } = application
    const ssh = await startSsh(port)
    const plain = await startTunnel(product, { port, way: 'plain' })
    const tls = await startTunnel(product, { port, way: 'tls' })
    return new Paths(asterisk, application, { direct: { port, pids: () => [], stop() {} }, ssh, plain, tls })
  }

  /** @returns seconds, and CPU seconds of what stands in between */
  async call(name: PathName, order: Omit<CallOrder, 'port'>): Promise<{ seconds: number; cpuS: number }> {
    const { port, pids } = this.#paths[name]
    const cpu = () => pids().reduce((sum, pid) => sum + cpuSeconds(pid), 0)
    const before = cpu()
    const told = once(this.#asterisk.child, 'message')
    this.#asterisk.child.send({ ...order, port })
    const [message] = (await told) as [{ seconds: number; error?: string }]
    if (message.error !== undefined) throw new Error(`${name}: ${message.error}`)
    return { seconds: message.seconds, cpuS: cpu() - before }
  }

  /** One call, of which the application tells a number. */
  async measure<T>(name: PathName, act: string): Promise<T> {
    const told = once(this.#application.child, 'message')
    await this.call(name, { calls: 1, parallel: 1, act })
    const [message] = (await told) as [T]
    return message
  }

  async stop(): Promise<void> {
    for (const one of Object.values(this.#paths)) await one.stop()
    await this.#application.stop()
    await this.#asterisk.stop()
  }
}

/** Our server and our client, as they are to be run, but for a log line for each call, which ssh does not write either. */
async function startTunnel(product: Product, { port, way }: { port: number; way: 'plain' | 'tls' }): Promise<CallPath> {
  const server = await startTunnelServer(product, way)
  const env = { ...product.env, PBXKIT_SECRET: 'secret' }
  const trust = way === 'tls' ? '--insecure' : '--plain'
  const login = ['--port', String(server.port), '--username', 'alice', trust, '--log-level', 'warn']
  const client = await startSide([product.program, 'agi', 'tunnel', ...login, '--app', `127.0.0.1:${port}`], { env })
  return {
    port: server.agiPort,
    pids: () => [server.pid, client.pid],
    async stop() {
      await client.stop()
      await server.stop()
    }
  }
}

let databases = 0

/** With one user, alice, who may have any number of tunnels. @param node flags of Node */
export async function startTunnelServer(
  product: Product,
  way: 'plain' | 'tls',
  node: readonly string[] = []
): Promise<SideProcess & { agiPort: number }> {
  const db = `sqlite:${product.writeFile(`tunnel-${++databases}.db`, '')}`
  const env = { ...product.env, PBXKIT_SECRET: 'secret' }
  execFileSync(process.execPath, [product.program, 'agi', 'tunnel', 'user', 'add', 'alice', '--db', db], { env, stdio: 'ignore' })
  const agiPort = await choosePort(undefined, new Set())
  const listen = ['--listen', '127.0.0.1:0', '--agi-listen', `127.0.0.1:${agiPort}`, '--max-tunnels-per-user', '20000']
  const tls = way === 'tls' ? ['--tls-cert', `${certificate}.crt`, '--tls-key', `${certificate}.key`] : []
  const args = [...node, product.program, 'agi', 'tunnel', 'serve', '--db', db, ...listen, ...tls, '--log-level', 'warn']
  return { ...(await startSide(args, { env })), agiPort }
}
