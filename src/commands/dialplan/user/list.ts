import { BaseCommand } from '../../../lib/cli/base-command.js'
import { Flags } from '../../../lib/cli/oclif.js'
import { renderRows, rowFormats } from '../../../lib/cli/rows.js'
import { readSiteOf, siteInputFlags } from '../../../lib/cli/site-flags.js'

export default class DialplanUserList extends BaseCommand<typeof DialplanUserList> {
  static override summary = 'List the users of a site.'

  static override description =
    'Shows who has which number, with the defaults filled in, from the site file and, with --users, from elsewhere. Secrets are not shown.'

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --site home.yaml --format csv',
    '<%= config.bin %> <%= command.id %> --users staff.csv --json'
  ]

  static override flags = {
    ...siteInputFlags,
    format: Flags.option({ options: rowFormats, description: 'default: table, with --json json' })()
  }

  protected override async execute(): Promise<void> {
    const { site } = await readSiteOf(this.flags, this.signal, (message) => this.note(message))
    const rows = site.users.map(({ secret: _, source, codecs, ...user }) => ({
      ...user,
      codecs: codecs ?? site.media.codecs,
      source: `${source.file}:${source.line}`
    }))
    const format = this.flags.format ?? (this.flags.json ? 'json' : 'table')
    const short = ['name', 'number', 'display', 'email', 'access', 'trunk']
    const columns = format === 'table' ? short : [...short, 'sms', 'maxContacts', 'codecs', 'source']
    const { width, isTerminal: forTerminal } = this.out
    await this.out.write(await renderRows(rows, format, { columns, width, forTerminal }))
  }
}
