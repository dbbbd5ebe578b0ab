import { Flags } from '../../lib/cli/oclif.js'
import { renderRows } from '../../lib/cli/rows.js'
import { rowFlags, UacControlCommand } from '../../lib/cli/uac-control-command.js'
import { ExitStatus } from '../../lib/errors.js'

export default class UacStatus extends UacControlCommand<typeof UacStatus> {
  static override summary = 'Show how many accounts a running uac register has registered.'

  static override description =
    `Takes the place of \`kamcmd uac.reg_dump\` and of the counters regtotal, regactive and regdisabled, which mean here what they say.

Exit status: 0 when every account that is not disabled is registered, 1 when some are not, 69 when no \`uac register\` runs.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json | jq .states',
    '<%= config.bin %> <%= command.id %> --all --format csv'
  ]

  static override flags = { ...rowFlags, all: Flags.boolean({ description: 'the accounts, too' }) }

  protected override async execute(): Promise<void> {
    const status = (await this.ask('status')) as { regtotal: number; regactive: number; regdisabled: number }
    if (status.regactive < status.regtotal - status.regdisabled) process.exitCode = ExitStatus.no
    if (this.flags.all) {
      const rows = []
      for await (const page of this.dump()) rows.push(...page)
      return this.showRows(rows)
    }
    if (this.flags.json) return this.out.json(status)
    const rows = Object.entries(status).map(([name, value]) => ({ name, value }))
    await this.out.write(
      await renderRows(rows, this.flags.format ?? 'table', { width: this.out.width, forTerminal: this.out.isTerminal })
    )
  }
}
