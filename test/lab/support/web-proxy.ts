import { Accounts } from '../../../src/lib/proxy/accounts/accounts.js'
import { type ProxyOptions, proxyDefaults, type ServerOptions } from '../../../src/lib/proxy/options.js'
import { startProxy } from '../../../src/lib/proxy/proxy.js'
import { plainUser } from '../../../src/lib/proxy/user-options.js'
import { WebAccess } from '../../../src/lib/proxy/web/web-access.js'

/** An administrator, a user of the page, one of the page who may ask for channels only, and one who may not use it. */
export const webAccounts = Accounts.fromOptions([
  { ...plainUser('admin', 'admin-secret'), admin: true, web: true },
  { ...plainUser('desk', 'desk-secret'), web: true, deny: ['Originate'] },
  plainUser('crm', 'crm-secret')
])

export interface WebProxy {
  port: number
  url: string
  stop(): Promise<void>
}

/** A proxy with the web page, inside this process. @param port 0 picks one */
export async function startWebProxy(
  servers: readonly ServerOptions[],
  more: Partial<ProxyOptions> = {},
  port = 0
): Promise<WebProxy> {
  const stop = new AbortController()
  const silent = () => {}
  const options: ProxyOptions = {
    ...proxyDefaults,
    listen: [{ host: '127.0.0.1', port }],
    servers,
    accounts: webAccounts,
    authRequired: true,
    webAllow: new WebAccess(['127.0.0.1']),
    // A browser beside other tests on two cores.
    helloWaitMs: 3_000,
    loginFailureDelayMs: 50,
    reconnect: { initialMs: 50, maxMs: 200 },
    graceMs: 500,
    version: '0.9.0',
    ...more
  }
  const running = await startProxy(options, { debug: silent, info: silent, warn: silent }, stop.signal)
  const used = running.addresses[0]!.port
  return {
    port: used,
    url: `http://127.0.0.1:${used}/`,
    stop: async () => {
      stop.abort()
      await running.closed
    }
  }
}

export function serverAt(port: number, name = 'pbx'): ServerOptions {
  return { name, host: '127.0.0.1', port, username: 'admin', secret: 'secret', auth: 'plain' }
}
