import { selectionArgs, selectionFlags, UacControlCommand } from '../../lib/cli/uac-control-command.js'

export default class UacEnable extends UacControlCommand<typeof UacEnable> {
  static override summary = 'Enable accounts of a running uac register.'

  static override description =
    `Takes the place of \`kamcmd uac.reg_enable\`. They are registered at once, and a back-off begins anew.

Exit status: 0 done, 1 when there is no such account, 69 when no \`uac register\` runs.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> alice',
    '<%= config.bin %> <%= command.id %> --by r_domain "*.example.org"',
    '<%= config.bin %> <%= command.id %> --by state backoff'
  ]

  static override args = selectionArgs

  static override flags = selectionFlags

  protected override async execute(): Promise<void> {
    await this.act('reg_enable', 'enabled')
  }
}
