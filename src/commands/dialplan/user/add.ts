import { BaseCommand } from '../../../lib/cli/base-command.js'
import { Args, Flags } from '../../../lib/cli/oclif.js'
import { readSecretFile } from '../../../lib/cli/secret.js'
import { siteFlag } from '../../../lib/cli/site-flags.js'
import { UsageError } from '../../../lib/errors.js'
import type { ChangedEntry } from '../../../lib/site/change-site.js'
import type { SiteEntry } from '../../../lib/site/tree.js'

export default class DialplanUserAdd extends BaseCommand<typeof DialplanUserAdd> {
  static override summary = 'Add a user to the site file, or many.'

  static override description =
    `Writes the user into the site file, comments and all else stay as they are, and makes a secret unless there is one. The secret stands in the file alone;
--show-secret prints it, once. Without a name, on a terminal, it asks. With --from it takes all users of a file or a database, or none when one is wrong.
--missing-secrets gives a secret to the users of the file who have none.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> john.doe --number +12025550160 --display 'John Doe' --email john.doe@example.com",
    '<%= config.bin %> <%= command.id %> jane --number +12025550183 --access in --show-secret',
    '<%= config.bin %> <%= command.id %> --from staff.csv'
  ]

  static override args = { name: Args.string({ description: 'name of the user, with which phones log in', ignoreStdin: true }) }

  static override flags = {
    ...siteFlag,
    number: Flags.string({ description: 'number in international form', helpValue: '+NUMBER' }),
    display: Flags.string({ description: 'name on the display of who is called', helpValue: 'TEXT' }),
    email: Flags.string({ description: 'where voice mail goes; none: no mailbox', helpValue: 'ADDRESS' }),
    access: Flags.option({ options: ['inout', 'in'] as const, description: 'in: only calls between users' })(),
    trunk: Flags.string({ description: 'where calls go out; not needed when there is one', helpValue: 'NAME' }),
    sms: Flags.string({ description: 'may send messages out: yes, or a profile', helpValue: 'PROFILE' }),
    'max-contacts': Flags.string({ description: 'phones at a time, 1 to 20', helpValue: 'NUMBER' }),
    codecs: Flags.string({ description: 'instead of those of the site', helpValue: 'LIST' }),
    'secret-file': Flags.string({
      description: 'file whose first line is the secret ("-": stdin)',
      exclusive: ['from'],
      helpValue: 'FILE'
    }),
    'show-secret': Flags.boolean({ description: 'print the secret that was made' }),
    from: Flags.string({
      description: 'add all users of a file (CSV, NDJSON, JSON, YAML), "-", or a database',
      helpValue: 'SOURCE'
    }),
    'db-password-file': Flags.string({
      description: "file with the database's password (else PBXKIT_DB_PASSWORD)",
      helpValue: 'FILE'
    }),
    'missing-secrets': Flags.boolean({ description: 'make secrets for the users of the file who have none', exclusive: ['from'] })
  }

  protected override async execute(): Promise<void> {
    const { addUsers, makeMissingSecrets, readUsers } = await import('../../../lib/site/change-site.js')
    const { site, timeout: timeoutMs, from, 'missing-secrets': onlySecrets, 'db-password-file': dbPasswordFile } = this.flags
    const options = { timeoutMs, signal: this.signal }
    if ((from !== undefined || onlySecrets) && (this.args.name !== undefined || this.flags.number !== undefined))
      throw new UsageError('A name and a number are for one user, --from and --missing-secrets for many')
    if (onlySecrets) return this.#tell(await makeMissingSecrets(site, options), 'given a secret')
    const entries = from === undefined ? [await this.#typed()] : await readUsers(from, { ...options, dbPasswordFile })
    await this.#tell(await addUsers(site, entries, options), 'added')
  }

  async #typed(): Promise<SiteEntry> {
    const {
      'secret-file': secretFile,
      'max-contacts': max_contacts,
      number,
      display,
      email,
      access,
      trunk,
      sms,
      codecs
    } = this.flags
    const { typedEntry } = await import('../../../lib/site/new-entry.js')
    let answers = { name: this.args.name, number, display, email, access, trunk }
    if (answers.name === undefined || number === undefined) answers = await this.#ask(answers)
    const secret = secretFile === undefined ? undefined : readSecretFile(secretFile, (message) => this.note(message))
    return typedEntry(answers.name!, { ...answers, name: undefined, sms, max_contacts, codecs, secret })
  }

  async #ask(
    given: { [K in 'name' | 'number' | 'display' | 'email' | 'trunk']: string | undefined } & {
      access: 'in' | 'inout' | undefined
    }
  ) {
    if (!this.mayAsk)
      throw new UsageError(given.name === undefined ? 'NAME is missing' : '--number is missing', { hint: 'See --help.' })
    const [{ SiteQuestions, askUser }, { siteNames }] = await Promise.all([
      import('../../../lib/cli/site-questions.js'),
      import('../../../lib/site/read-site.js')
    ])
    const { trunks } = await siteNames(this.flags.site)
    return {
      ...given,
      ...(await askUser(new SiteQuestions(this.signal, (message) => this.note(message)), given, trunks)),
      access: given.access
    }
  }

  async #tell(changed: readonly ChangedEntry[], what: string): Promise<void> {
    const { 'show-secret': show, json, site } = this.flags
    const rows = changed.map(({ name, madeSecret }) => ({
      name,
      ...(show && madeSecret !== undefined && { secret: madeSecret })
    }))
    if (json) return this.out.json({ site, users: rows })
    for (const { name, secret } of rows)
      if (secret !== undefined) await this.out.line(rows.length === 1 ? secret : `${name} ${secret}`)
    const one = rows.length === 1 ? rows[0]!.name : `${rows.length} users`
    this.note(`${one}: ${what}`)
  }
}
