import { durationFlag } from '../../../lib/cli/base-command.js'
import { controlFlag } from '../../../lib/cli/control-flag.js'
import { type RunningService, ServiceCommand } from '../../../lib/cli/service-command.js'
import { accountsFlags, openAccounts } from '../../../lib/cli/tunnel-accounts.js'
import { reloadableTunnelFlags, tunnelServeFlags, tunnelServerOptions } from '../../../lib/cli/tunnel-serve-flags.js'
import { formatAddress } from '../../../lib/net/address.js'
import type { TunnelServerOptions } from '../../../lib/tunnel-server/options.js'
import type { TunnelLog } from '../../../lib/tunnel-server/tunnel-log.js'
import type { RunningTunnelServer } from '../../../lib/tunnel-server/tunnel-server.js'

export default class AgiTunnelServe extends ServiceCommand<typeof AgiTunnelServe> {
  static override summary = 'Run the public side of the AGI tunnel.'

  static override description =
    `Takes the place of the sandbox server of Adhearsion. AGI applications behind NAT connect to one port, Asterisk to another; a call goes to the tunnel
of the user whom the dialplan names. Asterisk is guarded: applications send it one whole command at a time, and none that could harm it.

The dialplan sets SANDBOX_USERNAME and runs AGI(agi://127.0.0.1:4574). It finds SUCCESS, FAILED or DROPPED in BRIDGE_OUTCOME, and why in BRIDGE_REASON.
With --authenticator it is also the AGI application in front of that, as agi tunnel dialplan writes it down for Asterisk. HTTP on the port for tunnels has the
metadata of the original (/component/1.0), /health and /metrics; agi tunnel status shows what goes on.

SIGHUP reads settings and certificate again, and ends the tunnels of users who were removed; --db and the files of the log need a restart. SIGTERM sends clients
elsewhere and waits for calls.`

  static override examples = [
    { description: 'Try it on one machine', command: '<%= config.bin %> <%= command.id %> --listen 127.0.0.1:20000' },
    '<%= config.bin %> <%= command.id %> --tls-cert /etc/pbxkit/tunnel.pem',
    '<%= config.bin %> <%= command.id %> --tls-cert tunnel.pem --user-from url --exec-allow Playback,Wait,NoOp',
    '<%= config.bin %> <%= command.id %> --tls-cert tunnel.pem --authenticator --second-login take-over',
    '<%= config.bin %> <%= command.id %> --tls-cert tunnel.pem --agi-listen :4574 --agi-allow 10.0.0.0/24'
  ]

  static override baseFlags = {
    ...ServiceCommand.baseFlags,
    // A call lasts longer than an action of AMI.
    'drain-timeout': durationFlag({
      description: 'how long a stop waits for calls',
      default: 30_000,
      defaultHelp: async () => '30',
      helpGroup: 'SERVICE'
    })
  }

  static override flags = { ...accountsFlags, ...tunnelServeFlags, ...controlFlag }

  #server: RunningTunnelServer | undefined

  /** Whatever file the log is in by now. */
  get #tunnelLog(): TunnelLog {
    return {
      debug: (fields, message) => this.logger.debug(fields, message),
      info: (fields, message) => this.logger.info(fields, message),
      warn: (fields, message) => this.logger.warn(fields, message)
    }
  }

  protected override async prepare(): Promise<(signal: AbortSignal) => Promise<RunningService>> {
    const options = await tunnelServerOptions(this.flags, this.config.version)
    const { startTunnelServer } = await import('../../../lib/tunnel-server/tunnel-server.js')
    // Also with --check, which goes no further.
    await this.#sayPin(options)
    return async (signal) => {
      const failed = new AbortController()
      const stop = AbortSignal.any([signal, failed.signal])
      const accounts = await openAccounts(this.flags, this.flags.timeout)
      try {
        const server = await startTunnelServer(options, accounts, this.#tunnelLog, stop)
        const control = await this.openControl('agi tunnel', { status: () => server.status() }, stop)
        this.#server = server
        const addresses = [
          ...server.addresses.map((address) => `tunnel=${formatAddress(address)}`),
          ...server.agiAddresses.map((address) => `agi=${formatAddress(address)}`),
          ...server.authenticatorAddresses.map((address) => `authenticator=${formatAddress(address)}`)
        ]
        return {
          addresses,
          closed: Promise.all([server.closed, control.closed])
            .finally(() => accounts.close())
            .then(() => {})
        }
      } catch (error) {
        failed.abort()
        await accounts.close()
        throw error
      }
    }
  }

  protected override async reload(): Promise<void> {
    await this.rereadSettings(reloadableTunnelFlags)
    const options = await tunnelServerOptions(this.flags, this.config.version)
    await this.#server?.reload(options)
    await this.#sayPin(options)
    this.logger.info('reloaded')
  }

  /** Who runs the server has to give it to those who connect. @throws ConfigError for a certificate that cannot be used */
  async #sayPin({ tls }: Pick<TunnelServerOptions, 'tls'>): Promise<void> {
    if (!tls) return
    const { ServerTls } = await import('../../../lib/net/tls-server.js')
    this.logger.info({ pin: new ServerTls(tls).pin }, 'clients that know this pin trust the certificate (--tls-pin)')
  }
}
