import { BaseCommand } from '../../../../lib/cli/base-command.js'
import { Args } from '../../../../lib/cli/oclif.js'
import { accountsFlags, openAccounts } from '../../../../lib/cli/tunnel-accounts.js'
import { ExitStatus } from '../../../../lib/errors.js'

export default class AgiTunnelUserRm extends BaseCommand<typeof AgiTunnelUserRm> {
  static override summary = 'Remove a user of the tunnel.'

  static override description =
    `Nobody logs in as the user any more. Tunnels that stand go on until the server gets SIGHUP or ends.

Exit status: 0 removed, 1 there was no such user.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> alice',
    '<%= config.bin %> <%= command.id %> alice --db sqlite:tunnel.db',
    '<%= config.bin %> <%= command.id %> alice --json'
  ]

  static override args = { username: Args.string({ description: 'name of the user', required: true, ignoreStdin: true }) }

  static override flags = accountsFlags

  protected override async execute(): Promise<void> {
    const { username } = this.args
    const accounts = await openAccounts(this.flags, this.flags.timeout)
    try {
      const removed = await accounts.remove(username)
      if (!removed) process.exitCode = ExitStatus.no
      if (this.flags.json) await this.out.json({ username, removed })
      else this.note(removed ? `${username}: removed` : `there is no user ${username}`)
    } finally {
      await accounts.close()
    }
  }
}
