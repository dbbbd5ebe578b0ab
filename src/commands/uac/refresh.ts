import { selectionArgs, selectionFlags, UacControlCommand } from '../../lib/cli/uac-control-command.js'

export default class UacRefresh extends UacControlCommand<typeof UacRefresh> {
  static override summary = 'Register accounts of a running uac register now.'

  static override description =
    `Takes the place of \`kamcmd uac.reg_refresh\`. Those that wait after a failure are tried at once, through the window.

Exit status: 0 done, 1 when there is no such account, 69 when no \`uac register\` runs.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> alice',
    '<%= config.bin %> <%= command.id %> --by r_domain "*.example.org"',
    '<%= config.bin %> <%= command.id %> --by state backoff'
  ]

  static override args = selectionArgs

  static override flags = selectionFlags

  protected override async execute(): Promise<void> {
    await this.act('reg_refresh', 'to be refreshed')
  }
}
