import { onTestFinished } from 'vitest'
import type { Address } from '../../../../../src/lib/net/address.js'
import { Accounts } from '../../../../../src/lib/proxy/accounts/accounts.js'
import { type ProxyLog, type ProxyOptions, proxyDefaults, type ServerOptions } from '../../../../../src/lib/proxy/options.js'
import { type RunningProxy, startProxy } from '../../../../../src/lib/proxy/proxy.js'
import { plainUser } from '../../../../../src/lib/proxy/user-options.js'
import { RawClient } from './raw-client.js'
import { type Script, ScriptedServer } from './scripted-server.js'

export const accounts = Accounts.fromOptions([
  plainUser('ann', 'ann-secret'),
  plainUser('bob', 'bob-secret'),
  { ...plainUser('root', 'root-secret'), admin: true }
])

/** What the proxy logged, for tests that look there. */
export interface LogRecord {
  level: string
  fields: Record<string, unknown>
  message: string
}

export interface TestProxy {
  address: Address
  running: RunningProxy
  log: LogRecord[]
  stop: AbortController
  /** A client that has logged in. */
  login: (options?: Parameters<typeof RawClient.login>[1]) => Promise<RawClient>
  connect: (options?: Parameters<typeof RawClient.connect>[1]) => Promise<RawClient>
}

export function serverOptions(port: number, name = 'pbx'): ServerOptions {
  return { name, host: '127.0.0.1', port, username: 'proxy', secret: 'upstream-secret', auth: 'plain' }
}

export function testOptions(servers: ServerOptions[], options: Partial<ProxyOptions> = {}): ProxyOptions {
  return {
    ...proxyDefaults,
    listen: [{ host: '127.0.0.1', port: 0 }],
    servers,
    accounts,
    authRequired: true,
    reconnect: { initialMs: 10, maxMs: 20 },
    loginFailureDelayMs: 20,
    graceMs: 500,
    ...options
  }
}

/** Starts a proxy that is stopped when the test ends. Its waits are short unless the test says otherwise. */
export async function startTestProxy(
  servers: ServerOptions[],
  options: Partial<ProxyOptions> = {},
  more: Partial<ProxyLog> = {}
): Promise<TestProxy> {
  const stop = new AbortController()
  const log: LogRecord[] = []
  const write = (level: string) => (fields: object, message: string) =>
    void log.push({ level, fields: fields as Record<string, unknown>, message })
  const logger: ProxyLog = { debug: write('debug'), info: write('info'), warn: write('warn'), ...more }
  const running = await startProxy(testOptions(servers, options), logger, stop.signal)
  const address = running.addresses[0]!
  onTestFinished(async () => {
    stop.abort()
    await running.closed
  })
  return {
    address,
    running,
    log,
    stop,
    login: (loginOptions) => RawClient.login(address, loginOptions),
    connect: (connectOptions) => RawClient.connect(address, connectOptions)
  }
}

export async function startServer(script: Script = {}, port = 0): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(script, port)
  onTestFinished(() => server.stop())
  return server
}

/** One scripted server behind one proxy. */
export async function startPair(
  script: Script = {},
  options: Partial<ProxyOptions> = {}
): Promise<{ server: ScriptedServer; proxy: TestProxy }> {
  const server = await startServer(script)
  return { server, proxy: await startTestProxy([serverOptions(server.port)], options) }
}

/** Asks the proxy itself until something holds: its answers mark the time. */
export async function untilTrue(client: RawClient, done: () => boolean): Promise<void> {
  for (let i = 0; !done(); i++) {
    if (i === 1000) throw new Error('it did not come true')
    await client.ask('Action: Events\r\nEventMask: on\r\n', `until-${i}`)
  }
}

export function untilAllUp(proxy: TestProxy, client: RawClient): Promise<void> {
  return untilTrue(client, () => proxy.running.servers.all.every((server) => server.isUp))
}
