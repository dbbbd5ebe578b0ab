import { UacControlCommand } from '../../lib/cli/uac-control-command.js'

export default class UacReload extends UacControlCommand<typeof UacReload> {
  static override summary = 'Have a running uac register read its accounts again.'

  static override description =
    `Takes the place of \`kamcmd uac.reg_reload\`. Accounts that are new are registered, those that are gone taken back, those that changed registered anew; the others
are not touched. SIGHUP does the same.

Exit status: 0 done, 69 when no \`uac register\` runs; that of the failure when the accounts cannot be read, and then nothing has changed.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> <%= command.id %> --control /run/pbxkit/uac.sock'
  ]

  protected override async execute(): Promise<void> {
    const counts = (await this.ask('reg_reload')) as Record<string, number>
    if (this.flags.json) await this.out.json(counts)
    else
      this.note(
        Object.entries(counts)
          .map(([name, count]) => `${count} ${name}`)
          .join(', ')
      )
  }
}
