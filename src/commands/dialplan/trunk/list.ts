import { BaseCommand } from '../../../lib/cli/base-command.js'
import { Flags } from '../../../lib/cli/oclif.js'
import { renderRows, rowFormats } from '../../../lib/cli/rows.js'
import { readSiteOf, siteInputFlags } from '../../../lib/cli/site-flags.js'

export default class DialplanTrunkList extends BaseCommand<typeof DialplanTrunkList> {
  static override summary = 'List the trunks of a site.'

  static override description =
    'Shows the providers, with the defaults filled in, from the site file and, with --trunks, from elsewhere. Secrets are not shown.'

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --format csv',
    '<%= config.bin %> <%= command.id %> --site home.yaml --json'
  ]

  static override flags = {
    ...siteInputFlags,
    format: Flags.option({ options: rowFormats, description: 'default: table, with --json json' })()
  }

  protected override async execute(): Promise<void> {
    const { site } = await readSiteOf(this.flags, this.signal, (message) => this.note(message))
    const rows = site.trunks.map(({ secret: _, source, codecs, ...trunk }) => ({
      ...trunk,
      codecs: codecs ?? site.media.codecs,
      users: site.users.filter((user) => user.trunk === trunk.name).length,
      source: `${source.file}:${source.line}`
    }))
    const format = this.flags.format ?? (this.flags.json ? 'json' : 'table')
    const short = ['name', 'hosts', 'username', 'register', 'transport', 'users']
    const columns = format === 'table' ? short : [...short, 'match', 'contactUser', 'fromDomain', 'codecs', 'dtmf', 'source']
    const { width, isTerminal: forTerminal } = this.out
    await this.out.write(await renderRows(rows, format, { columns, width, forTerminal }))
  }
}
