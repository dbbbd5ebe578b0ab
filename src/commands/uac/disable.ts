import { selectionArgs, selectionFlags, UacControlCommand } from '../../lib/cli/uac-control-command.js'

export default class UacDisable extends UacControlCommand<typeof UacDisable> {
  static override summary = 'Disable accounts of a running uac register.'

  static override description =
    `Takes the place of \`kamcmd uac.reg_disable\`. Their bindings are taken back. A reload or a restart goes by the table again.

Exit status: 0 done, 1 when there is no such account, 69 when no \`uac register\` runs.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> alice',
    '<%= config.bin %> <%= command.id %> --by r_domain "*.example.org"',
    '<%= config.bin %> <%= command.id %> --by state backoff'
  ]

  static override args = selectionArgs

  static override flags = selectionFlags

  protected override async execute(): Promise<void> {
    await this.act('reg_disable', 'disabled')
  }
}
