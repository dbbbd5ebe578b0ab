import { BaseCommand } from '../../../lib/cli/base-command.js'
import { Args, Flags } from '../../../lib/cli/oclif.js'
import { askSecret } from '../../../lib/cli/prompt.js'
import { readSecretFile } from '../../../lib/cli/secret.js'
import { siteFlag } from '../../../lib/cli/site-flags.js'
import type { TrunkAnswers } from '../../../lib/cli/site-questions.js'
import { UsageError } from '../../../lib/errors.js'

export default class DialplanTrunkAdd extends BaseCommand<typeof DialplanTrunkAdd> {
  static override summary = 'Add a trunk to the site file.'

  static override description =
    `Writes the account at a provider into the site file; comments and all else stay as they are. The secret comes from a file, from standard input, or from a
masked prompt; --generate makes one, for a provider that takes it from you. Without a name, on a terminal, it asks.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> itsp:mydoe --hosts sip.example.com --username 12025550160 --secret-file provider.secret',
    '<%= config.bin %> <%= command.id %> office --hosts 192.0.2.10 --no-register'
  ]

  static override args = { name: Args.string({ description: 'name of the trunk', ignoreStdin: true }) }

  static override flags = {
    ...siteFlag,
    hosts: Flags.string({ description: 'hosts of the provider, with :PORT if need be', helpValue: 'LIST' }),
    match: Flags.string({ description: 'addresses and networks that its calls come from', helpValue: 'LIST' }),
    username: Flags.string({ description: 'user name at the provider', helpValue: 'NAME' }),
    'secret-file': Flags.string({ description: 'file whose first line is the secret ("-": stdin)', helpValue: 'FILE' }),
    generate: Flags.boolean({ description: 'make a secret', exclusive: ['secret-file'] }),
    'show-secret': Flags.boolean({ description: 'print the secret that was made', dependsOn: ['generate'] }),
    register: Flags.boolean({ description: 'register at the provider (default: yes)', allowNo: true }),
    'contact-user': Flags.string({ description: 'user part that the provider calls', helpValue: 'TEXT' }),
    transport: Flags.option({ options: ['udp', 'tcp', 'tls'] as const, description: 'default: udp' })(),
    'from-domain': Flags.string({ description: 'domain of From', helpValue: 'HOST' }),
    codecs: Flags.string({ description: 'instead of those of the site', helpValue: 'LIST' }),
    dtmf: Flags.option({
      options: ['rfc4733', 'inband', 'info', 'auto', 'auto_info'] as const,
      description: 'default: rfc4733'
    })()
  }

  protected override async execute(): Promise<void> {
    const [{ addTrunks }, { newSecret, typedEntry }] = await Promise.all([
      import('../../../lib/site/change-site.js'),
      import('../../../lib/site/new-entry.js')
    ])
    const { site, timeout: timeoutMs, generate, match, transport, codecs, dtmf, json } = this.flags
    const { name, ...answers } = await this.#answers()
    const secret = generate ? newSecret() : await this.#secret(answers.username)
    const { 'contact-user': contact_user, 'from-domain': from_domain } = this.flags
    const values = { ...answers, match, secret, contact_user, transport, from_domain, codecs, dtmf }
    await addTrunks(site, [typedEntry(name!, values)], { timeoutMs, signal: this.signal })
    const shown = generate && this.flags['show-secret'] ? { secret } : {}
    if (json) return this.out.json({ site, trunks: [{ name, ...shown }] })
    if (shown.secret !== undefined) await this.out.line(shown.secret)
    this.note(`${name}: added`)
  }

  async #answers(): Promise<TrunkAnswers> {
    const { hosts, username, register } = this.flags
    const given = {
      name: this.args.name,
      hosts,
      username,
      register: register === undefined ? undefined : register ? 'yes' : 'no'
    }
    if (given.name !== undefined && hosts !== undefined) return given
    if (!this.mayAsk)
      throw new UsageError(given.name === undefined ? 'NAME is missing' : '--hosts is missing', { hint: 'See --help.' })
    const { SiteQuestions, askTrunk } = await import('../../../lib/cli/site-questions.js')
    return askTrunk(new SiteQuestions(this.signal, (message) => this.note(message)), given)
  }

  async #secret(username: string | undefined): Promise<string | undefined> {
    const { 'secret-file': file } = this.flags
    if (file !== undefined) return readSecretFile(file, (message) => this.note(message))
    if (!username) return undefined
    if (this.mayAsk) return askSecret(`Secret of ${username} at the provider:`, this.signal)
    throw new UsageError('--secret-file is missing: there is no secret', { hint: 'Or make a new one with --generate.' })
  }
}
