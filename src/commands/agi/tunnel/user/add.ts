import { BaseCommand } from '../../../../lib/cli/base-command.js'
import { Args, Flags } from '../../../../lib/cli/oclif.js'
import { askSecret } from '../../../../lib/cli/prompt.js'
import { readSecretFile } from '../../../../lib/cli/secret.js'
import { accountsFlags, openAccounts } from '../../../../lib/cli/tunnel-accounts.js'
import { UsageError } from '../../../../lib/errors.js'

export default class AgiTunnelUserAdd extends BaseCommand<typeof AgiTunnelUserAdd> {
  static override summary = 'Add a user of the tunnel, or change the password.'

  static override description =
    `Takes the place of the web page and the authentication script of the original. Keeps a SCRAM-SHA-256 record, with which nobody can log in. With
--protocol-1 also the MD5 token of the original, which is as good as the password: only for users of its client. It counts at once; no server has to be told.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> alice --generate',
    '<%= config.bin %> <%= command.id %> alice --secret-file alice.secret',
    '<%= config.bin %> <%= command.id %> bob --generate --protocol-1 --db sqlite:tunnel.db'
  ]

  static override args = { username: Args.string({ description: 'name of the user', required: true, ignoreStdin: true }) }

  static override flags = {
    ...accountsFlags,
    'secret-file': Flags.string({
      description: 'file whose first line is the password ("-": stdin; else PBXKIT_SECRET, or a prompt)',
      helpValue: 'FILE'
    }),
    generate: Flags.boolean({ description: 'make a password and print it', exclusive: ['secret-file'] }),
    'protocol-1': Flags.boolean({ description: "the user may use the original's client" })
  }

  protected override async execute(): Promise<void> {
    const [{ checkUsername }, { createRecord }, { tunnelToken }, { chosenText }] = await Promise.all([
      import('../../../../lib/tunnel-server/username.js'),
      import('../../../../lib/scram/record.js'),
      import('../../../../lib/keygen/tunnel.js'),
      import('../../../../lib/keygen/ami.js')
    ])
    const username = checkUsername(this.args.username)
    const { generate, 'protocol-1': protocol1 } = this.flags
    const password = generate ? chosenText({}).text : await this.#password()
    const record = await createRecord(password)
    const accounts = await openAccounts(this.flags, this.flags.timeout)
    try {
      const outcome = await accounts.put(username, record, protocol1 ? tunnelToken(username, password) : undefined)
      if (this.flags.json) return await this.out.json({ username, outcome, ...(generate && { password }) })
      if (generate) await this.out.line(password)
      this.note(`${username}: ${outcome}`)
    } finally {
      await accounts.close()
    }
  }

  async #password(): Promise<string> {
    const { 'secret-file': file } = this.flags
    if (file !== undefined) return readSecretFile(file, (message) => this.note(message))
    if (process.env.PBXKIT_SECRET) return process.env.PBXKIT_SECRET
    if (!this.mayAsk)
      throw new UsageError('--secret-file is missing: there is no password', { hint: 'Or make a new one with --generate.' })
    const password = await askSecret('Password:', this.signal)
    if ((await askSecret('Once more:', this.signal)) !== password) throw new UsageError('The two passwords differ')
    return password
  }
}
