import { isatty } from 'node:tty'
import { Args } from '../../lib/cli/oclif.js'
import { readInput } from '../../lib/cli/sip-request-source.js'
import { UacControlCommand } from '../../lib/cli/uac-control-command.js'
import { DataError } from '../../lib/errors.js'

export default class UacAdd extends UacControlCommand<typeof UacAdd> {
  static override summary = 'Add an account to a running uac register.'

  static override description =
    `Takes the place of \`kamcmd uac.reg_add\`. The account is one JSON object with the columns of the table uacreg, in a file or on stdin, so that no password stands
on a command line (\`auth_password\` may also be \`env:NAME\` or \`file:PATH\`, read by the service). The table is not changed.

Exit status: 0 done, 65 for what is no account, or is there already, 69 when no \`uac register\` runs.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> account.json',
    `echo '{"l_uuid":"a1","r_username":"alice","r_domain":"pbx.example.org","auth_password":"file:/etc/alice"}' | <%= config.bin %> <%= command.id %>`,
    '<%= config.bin %> <%= command.id %> account.json --json'
  ]

  static override args = {
    file: Args.string({ description: 'the account as JSON ("-": stdin, as without it)', default: '-', ignoreStdin: true })
  }

  protected override async execute(): Promise<void> {
    const { file } = this.args
    const source = file === '-' ? 'stdin' : file
    // Not process.stdin: a look at it makes it non-blocking, and the reading below fail.
    if (file === '-' && isatty(0)) this.note('the account as JSON, then Ctrl-D')
    const text = readInput(file).toString('utf8')
    if (text.trim() === '')
      throw new DataError(`There is no account: ${source} is empty`, { hint: 'Give one JSON object, in a file or on stdin.' })
    let account: unknown
    try {
      account = JSON.parse(text)
    } catch {
      // The parser's own message quotes the text, and the password with it.
      throw new DataError(`${source} is no JSON`, { hint: 'Let jq . say where.' })
    }
    if (typeof account !== 'object' || account === null || Array.isArray(account))
      throw new DataError('An account is one JSON object')
    const added = (await this.ask('reg_add', { account })) as { l_uuid: string }
    if (this.flags.json) await this.out.json(added)
    else this.note(`${added.l_uuid} is added`)
  }
}
