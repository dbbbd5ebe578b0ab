import { rowFlags, selectionArgs, selectionFlags, UacControlCommand } from '../../lib/cli/uac-control-command.js'
import { ExitStatus } from '../../lib/errors.js'

export default class UacInfo extends UacControlCommand<typeof UacInfo> {
  static override summary = 'Show accounts of a running uac register, secrets masked.'

  static override description =
    `Takes the place of \`kamcmd uac.reg_info\`. With --json there is all that is known: the columns of the table, state, code and reason, contact, Path,
Service-Route, the time to the next request.

Exit status: 0 done, 1 when there is no such account, 69 when no \`uac register\` runs.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> alice --json',
    '<%= config.bin %> <%= command.id %> --by state rejected',
    '<%= config.bin %> <%= command.id %> "*" --format csv'
  ]

  static override args = selectionArgs

  static override flags = { ...selectionFlags, ...rowFlags }

  protected override async execute(): Promise<void> {
    const rows = []
    for await (const page of this.dump(await this.selection())) rows.push(...page)
    await this.showRows(rows)
    if (rows.length === 0) process.exitCode = ExitStatus.no
  }
}
