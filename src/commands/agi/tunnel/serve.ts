import type { RunningService } from '../../../lib/cli/service-command.js'
import { ServiceCommand } from '../../../lib/cli/service-command.js'
import { accountsFlags, openAccounts } from '../../../lib/cli/tunnel-accounts.js'
import { tunnelServeFlags, tunnelServerOptions } from '../../../lib/cli/tunnel-serve-flags.js'
import { formatAddress } from '../../../lib/net/address.js'
import type { RunningTunnelServer } from '../../../lib/tunnel-server/tunnel-server.js'

export default class AgiTunnelServe extends ServiceCommand<typeof AgiTunnelServe> {
  static override summary = 'Run the public side of the AGI tunnel.'

  static override description =
    `Takes the place of the sandbox server of Adhearsion. AGI applications behind NAT connect to one port, Asterisk to another; a call goes to the tunnel
of the user whom the dialplan names. Asterisk is guarded: applications send it one whole command at a time, and none that could harm it.

The dialplan sets SANDBOX_USERNAME and runs AGI(agi://127.0.0.1:4574). It finds SUCCESS, FAILED or DROPPED in BRIDGE_OUTCOME, and why in BRIDGE_REASON.
SIGHUP reads the certificate again and ends the tunnels of users who were removed.`

  static override examples = [
    { description: 'Try it on one machine', command: '<%= config.bin %> <%= command.id %> --listen 127.0.0.1:20000' },
    '<%= config.bin %> <%= command.id %> --tls-cert /etc/pbxkit/tunnel.pem',
    '<%= config.bin %> <%= command.id %> --tls-cert tunnel.pem --user-from url --exec-allow Playback,Wait,NoOp',
    '<%= config.bin %> <%= command.id %> --tls-cert tunnel.pem --agi-listen :4574 --agi-allow 10.0.0.0/24'
  ]

  static override flags = { ...accountsFlags, ...tunnelServeFlags }

  #server: RunningTunnelServer | undefined

  protected override async prepare(): Promise<(signal: AbortSignal) => Promise<RunningService>> {
    const options = await tunnelServerOptions(this.flags)
    const { startTunnelServer } = await import('../../../lib/tunnel-server/tunnel-server.js')
    if (options.tls) {
      // Also with --check, which goes no further.
      const { ServerTls } = await import('../../../lib/net/tls-server.js')
      new ServerTls(options.tls)
    }
    return async (signal) => {
      const accounts = await openAccounts(this.flags, this.flags.timeout)
      try {
        const server = await startTunnelServer(options, accounts, this.logger, signal)
        this.#server = server
        const addresses = [
          ...server.addresses.map((address) => `tunnel=${formatAddress(address)}`),
          ...server.agiAddresses.map((address) => `agi=${formatAddress(address)}`)
        ]
        return { addresses, closed: server.closed.finally(() => accounts.close()) }
      } catch (error) {
        await accounts.close()
        throw error
      }
    }
  }

  protected override async reload(): Promise<void> {
    await this.#server?.reload()
    this.logger.info('reloaded')
  }
}
