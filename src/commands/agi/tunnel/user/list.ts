import { BaseCommand } from '../../../../lib/cli/base-command.js'
import { Flags } from '../../../../lib/cli/oclif.js'
import { renderRows, rowFormats } from '../../../../lib/cli/rows.js'
import { accountsFlags, openAccounts } from '../../../../lib/cli/tunnel-accounts.js'

export default class AgiTunnelUserList extends BaseCommand<typeof AgiTunnelUserList> {
  static override summary = 'List the users of the tunnel.'

  static override description =
    'Shows who may open a tunnel, by which protocols, and since when. Passwords and what is made of them are not shown, whoever asks.'

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> <%= command.id %> --format csv --db sqlite:tunnel.db'
  ]

  static override flags = {
    ...accountsFlags,
    format: Flags.option({ options: rowFormats, description: 'default: table, with --json json' })()
  }

  protected override async execute(): Promise<void> {
    const accounts = await openAccounts(this.flags, this.flags.timeout)
    try {
      const rows = (await accounts.list()).map((row) => ({ ...row }))
      const format = this.flags.format ?? (this.flags.json ? 'json' : 'table')
      const columns = ['username', 'protocols', 'createdAt']
      const { width, isTerminal: forTerminal } = this.out
      await this.out.write(await renderRows(rows, format, { columns, width, forTerminal }))
    } finally {
      await accounts.close()
    }
  }
}
