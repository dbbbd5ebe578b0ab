import { controlFlag } from '../../lib/cli/control-flag.js'
import { Flags } from '../../lib/cli/oclif.js'
import { ProxyCommand } from '../../lib/cli/proxy-command.js'
import { reloadableFlags } from '../../lib/cli/proxy-flags.js'
import type { RunningService } from '../../lib/cli/service-command.js'
import { formatAddress } from '../../lib/net/address.js'
import type { ServerOptions } from '../../lib/proxy/options.js'
import type { RunningProxy } from '../../lib/proxy/proxy.js'

export default class ProxyServe extends ProxyCommand<typeof ProxyServe> {
  static override summary = 'Run the AMI proxy: one login to each Asterisk, many clients.'

  static override description =
    `Takes the place of astmanproxy. Clients log in to the proxy as to Asterisk, each with its own user; every client gets the answers to its own
actions and nobody else's, and the events that it may see. With several servers, \`Server: NAME\` in an action chooses one, and comes back with everything that a server
sends. Servers may come and go: the proxy comes back to them for ever.

Servers and users stand in the configuration file as [server NAME] (host, port, username, secret or secret-file, auth, tls, tls-ca, tls-pin, tls-name, insecure) and
[user NAME] (secret or secret-file, admin, server, read, write, allow, deny, dry-run, permit, event-filter, channel, out-context, in-context, account, more-events, filters), or
come from --host, --server and --users.`

  static override examples = [
    { description: 'Try it without an Asterisk', command: '<%= config.bin %> <%= command.id %> --demo' },
    '<%= config.bin %> <%= command.id %> --host 10.0.0.1 --username proxy --secret-file /etc/pbxkit/ami.secret --users /etc/pbxkit/users',
    '<%= config.bin %> <%= command.id %> --server pbx-a=proxy@10.0.0.1 --server pbx-b=amis://proxy@10.0.0.2 --users users --listen :1234',
    '<%= config.bin %> <%= command.id %> --config /etc/pbxkit/proxy.ini --check'
  ]

  static override flags = {
    ...controlFlag,
    demo: Flags.boolean({ description: 'run on a built-in PBX simulator; log in as admin / secret' })
  }

  #proxy: { proxy: RunningProxy; demoServers: readonly ServerOptions[] | undefined } | undefined

  protected override async prepare(): Promise<(signal: AbortSignal) => Promise<RunningService>> {
    const { startProxy } = await import('../../lib/proxy/proxy.js')
    const options = await this.proxyOptions({ demo: this.flags.demo })
    if (options.tls) {
      // Also with --check, which goes no further.
      const { ServerTls } = await import('../../lib/net/tls-server.js')
      new ServerTls(options.tls)
    }
    return async (signal) => {
      const failed = new AbortController()
      const stop = AbortSignal.any([signal, failed.signal])
      const servers = this.flags.demo ? [await this.#startDemo(stop)] : options.servers
      try {
        const proxy = await startProxy({ ...options, servers }, this.proxyLog, stop)
        const control = await this.openControl('proxy', { status: () => proxy.status() }, stop)
        await this.giveUpRoot()
        this.#proxy = { proxy, demoServers: this.flags.demo ? servers : undefined }
        const closed = Promise.all([proxy.closed, control.closed]).then(() => {})
        return { addresses: proxy.addresses.map((address) => `proxy=${formatAddress(address)}`), closed }
      } catch (error) {
        failed.abort()
        throw error
      }
    }
  }

  /** Reads the configuration and the users file again. What was typed stays; what is counted from a client's first byte counts for new ones. */
  protected override async reload(): Promise<void> {
    await this.rereadSettings(reloadableFlags)
    const options = await this.proxyOptions({ demo: this.flags.demo })
    try {
      await this.#proxy?.proxy.reload({ ...options, servers: this.#proxy.demoServers ?? options.servers })
    } catch (error) {
      throw this.explainPort(error)
    }
  }

  async #startDemo(signal: AbortSignal): Promise<ServerOptions> {
    const { defaultUsers, startSimulator } = await import('../../lib/simulator/simulator.js')
    const listen = [{ host: '127.0.0.1', port: 0 }]
    const simulator = await startSimulator({ listen, users: defaultUsers, rate: 1, graceMs: 100 }, signal)
    const { host, port } = simulator.addresses[0]!
    const who = this.flags.users === undefined ? 'log in as admin / secret' : `log in as the users of ${this.flags.users}`
    this.note(`demo: ${who}; the PBX behind it is a simulator`)
    return { name: 'demo', host, port, username: 'admin', secret: 'secret', auth: 'md5' }
  }
}
