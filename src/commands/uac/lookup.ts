import { escapeControls } from '../../lib/cli/terminal-text.js'
import { selectionArgs, selectionFlags, UacControlCommand } from '../../lib/cli/uac-control-command.js'
import { ExitStatus } from '../../lib/errors.js'

export default class UacLookup extends UacControlCommand<typeof UacLookup> {
  static override summary = 'Find the local name of an account, or the account of a URI.'

  static override description =
    `Takes the place of \`uac_reg_lookup()\` and \`uac_reg_lookup_uri()\`: prints sip:l_username@l_domain of an account, or for a SIP URI the l_uuid of the account that
has it as its AOR or its local name.

Exit status: 0 found, 1 not found, 69 when no \`uac register\` runs.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> a1',
    '<%= config.bin %> <%= command.id %> sip:alice@pbx.example.org',
    '<%= config.bin %> <%= command.id %> --by r_username alice --json'
  ]

  static override args = selectionArgs

  static override flags = selectionFlags

  protected override async execute(): Promise<void> {
    const selection = await this.selection()
    const isUri = /^sips?:/i.test(selection.value)
    const found = (await (isUri
      ? this.ask('reg_lookup_uri', { uri: selection.value })
      : this.ask('reg_lookup', selection))) as Record<string, string | null>
    const result = isUri ? found.l_uuid : found.uri
    if (this.flags.json) await this.out.json(found)
    else if (result) await this.out.line(escapeControls(result))
    if (!result) process.exitCode = ExitStatus.no
  }
}
