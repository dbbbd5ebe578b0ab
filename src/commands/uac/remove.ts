import { selectionArgs, selectionFlags, UacControlCommand } from '../../lib/cli/uac-control-command.js'

export default class UacRemove extends UacControlCommand<typeof UacRemove> {
  static override summary = 'Remove accounts from a running uac register.'

  static override description =
    `Takes the place of \`kamcmd uac.reg_remove\`. Their bindings are taken back. The table is not changed: a reload brings them again.

Exit status: 0 done, 1 when there is no such account, 69 when no \`uac register\` runs.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> alice',
    '<%= config.bin %> <%= command.id %> --by r_domain "*.example.org"',
    '<%= config.bin %> <%= command.id %> --by state backoff'
  ]

  static override args = selectionArgs

  static override flags = selectionFlags

  protected override async execute(): Promise<void> {
    await this.act('reg_remove', 'removed')
  }
}
