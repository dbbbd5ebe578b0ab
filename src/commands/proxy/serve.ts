import { durationFlag } from '../../lib/cli/base-command.js'
import { connectionFlags, connectTarget } from '../../lib/cli/connection-flags.js'
import { Flags } from '../../lib/cli/oclif.js'
import { readSecretFile } from '../../lib/cli/secret.js'
import { type RunningService, ServiceCommand } from '../../lib/cli/service-command.js'
import { formatAddress, parseAddress } from '../../lib/net/address.js'
import type { ProxyOptions, ServerOptions } from '../../lib/proxy/options.js'

const seconds = (value: string) => ({ defaultHelp: async () => value })

export default class ProxyServe extends ServiceCommand<typeof ProxyServe> {
  static override summary = 'Run the AMI proxy: one login to each Asterisk, many clients.'

  static override description =
    `Takes the place of astmanproxy. Clients log in to the proxy as to Asterisk, each with its own user; every client gets the answers to its own
actions and nobody else's, and the events that it may see. With several servers, \`Server: NAME\` in an action chooses one, and comes back with everything that a server
sends. Servers may come and go: the proxy comes back to them for ever.

Servers and users stand in the configuration file as [server NAME] (host, port, username, secret or secret-file, tls, tls-ca, tls-pin) and [user NAME] (secret), or come
from --host, --server and --users.`

  static override examples = [
    { description: 'Try it without an Asterisk', command: '<%= config.bin %> <%= command.id %> --demo' },
    '<%= config.bin %> <%= command.id %> --host 10.0.0.1 --username proxy --secret-file /etc/pbxkit/ami.secret --users /etc/pbxkit/users',
    '<%= config.bin %> <%= command.id %> --server pbx-a=proxy@10.0.0.1 --server pbx-b=amis://proxy@10.0.0.2 --users users --listen :1234',
    '<%= config.bin %> <%= command.id %> --config /etc/pbxkit/proxy.ini --check'
  ]

  static override flags = {
    ...connectionFlags,
    host: Flags.string({ description: 'the Asterisk, when there is one', helpValue: 'HOST', helpGroup: 'CONNECTION' }),
    listen: Flags.string({
      description: 'where clients connect; repeatable, port 0 picks one',
      helpValue: 'HOST:PORT',
      multiple: true,
      default: ['127.0.0.1:1234']
    }),
    server: Flags.string({
      description: 'an Asterisk: [NAME=][amis://][USER@]HOST[:PORT]; repeatable',
      helpValue: 'SERVER',
      multiple: true,
      helpGroup: 'CONNECTION'
    }),
    users: Flags.string({ description: 'who may log in: lines name = secret', helpValue: 'FILE' }),
    'auth-required': Flags.boolean({ description: 'clients have to log in (authrequired)', default: true, allowNo: true }),
    demo: Flags.boolean({ description: 'run on a built-in PBX simulator; log in as admin / secret' }),
    'server-header': Flags.option({
      options: ['auto', 'always', 'never'] as const,
      default: 'auto',
      description: 'append Server: NAME to what comes back; auto: with several servers'
    })(),
    'auth-timeout': durationFlag({
      description: 'close clients that have not logged in by then',
      default: 30_000,
      ...seconds('30'),
      helpGroup: 'LIMITS'
    }),
    'max-block': Flags.integer({
      description: 'bytes of one action or answer',
      default: 1_048_576,
      min: 1024,
      helpGroup: 'LIMITS'
    }),
    'max-queue': Flags.integer({
      description: 'bytes that may wait for a slow client',
      default: 16_777_216,
      min: 65_536,
      helpGroup: 'LIMITS'
    })
  }

  protected override async prepare(): Promise<(signal: AbortSignal) => Promise<RunningService>> {
    const { startProxy } = await import('../../lib/proxy/proxy.js')
    const options = await this.#options()
    return async (signal) => {
      const servers = this.flags.demo ? [await this.#startDemo(signal)] : options.servers
      const proxy = await startProxy({ ...options, servers }, this.logger, signal)
      return { addresses: proxy.addresses.map((address) => `proxy=${formatAddress(address)}`), closed: proxy.closed }
    }
  }

  async #options(): Promise<ProxyOptions> {
    const { chooseServers, chooseUsers } = await import('../../lib/proxy/config.js')
    const { proxyDefaults } = await import('../../lib/proxy/options.js')
    const { Users } = await import('../../lib/proxy/users.js')
    const sources = {
      files: this.settings.files,
      ...(await this.#typedServers()),
      usersFile: this.flags.users,
      readSecret: (file: string) => readSecretFile(file, (message) => this.note(message))
    }
    const demoUsers = this.flags.demo && this.flags.users === undefined ? new Users(new Map([['admin', 'secret']])) : undefined
    return {
      ...proxyDefaults,
      listen: this.flags.listen.map(parseAddress),
      servers: this.flags.demo ? [] : chooseServers(sources),
      users: this.flags['auth-required'] ? (demoUsers ?? chooseUsers(sources)) : undefined,
      serverHeader: this.flags['server-header'],
      limits: { ...proxyDefaults.limits, maxBlockBytes: this.flags['max-block'] },
      authTimeoutMs: this.flags['auth-timeout'],
      maxQueueBytes: this.flags['max-queue'],
      serverTimeoutMs: this.flags.timeout,
      graceMs: this.flags['drain-timeout']
    }
  }

  /** What the flags say of servers; a secret is asked for only when they name one. */
  async #typedServers() {
    const serverTexts = this.flags.server ?? []
    if (this.flags.demo || (this.flags.host === undefined && serverTexts.length === 0))
      return { serverTexts: [], defaults: undefined, single: undefined }
    const { host, port, tls } = connectTarget({ ...this.flags, host: this.flags.host ?? '' })
    const allNamed = serverTexts.length > 0 && serverTexts.every((text) => text.includes('@'))
    const username = allNamed
      ? (this.flags.username ?? '')
      : await this.required(this.flags.username, { flag: '--username', question: 'AMI user of the proxy:' })
    const secret = await this.secret({ secretFile: this.flags['secret-file'], question: 'Secret of the proxy on Asterisk:' })
    return {
      serverTexts,
      defaults: { username, secret, auth: this.flags.auth, tls },
      single: this.flags.host === undefined ? undefined : { host, port }
    }
  }

  async #startDemo(signal: AbortSignal): Promise<ServerOptions> {
    const { defaultUsers, startSimulator } = await import('../../lib/simulator/simulator.js')
    // It outlives the proxy's drain: what clients still wait for is answered.
    const simulator = await startSimulator(
      { listen: [{ host: '127.0.0.1', port: 0 }], users: defaultUsers, rate: 1, graceMs: 100 },
      signal
    )
    this.note('demo: log in as admin / secret; the PBX behind it is a simulator')
    const { host, port } = simulator.addresses[0]!
    return { name: 'demo', host, port, username: 'admin', secret: 'secret', auth: 'md5' }
  }
}
