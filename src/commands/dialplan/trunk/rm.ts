import { BaseCommand } from '../../../lib/cli/base-command.js'
import { Args } from '../../../lib/cli/oclif.js'
import { siteFlag } from '../../../lib/cli/site-flags.js'
import { ExitStatus } from '../../../lib/errors.js'

export default class DialplanTrunkRm extends BaseCommand<typeof DialplanTrunkRm> {
  static override summary = 'Remove a trunk from the site file.'

  static override description =
    `Takes the trunk out of the file; comments and all else stay as they are. Refused while users name it. Who went out
through it without naming it is told: the next trunk takes over, or there are only calls between users.

Exit status: 0 removed, 1 there was no such trunk.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> itsp:mydoe',
    '<%= config.bin %> <%= command.id %> itsp:mydoe --site home.yaml',
    '<%= config.bin %> <%= command.id %> itsp:mydoe --json'
  ]

  static override args = { name: Args.string({ description: 'name of the trunk', required: true, ignoreStdin: true }) }

  static override flags = siteFlag

  protected override async execute(): Promise<void> {
    const { removeTrunk } = await import('../../../lib/site/change-site.js')
    const { name } = this.args
    const { isRemoved: removed, users } = await removeTrunk(this.flags.site, name, {
      timeoutMs: this.flags.timeout,
      signal: this.signal
    })
    if (!removed) process.exitCode = ExitStatus.no
    if (this.flags.json) await this.out.json({ name, removed, users })
    else this.note(removed ? `${name}: removed` : `there is no trunk ${name} in ${this.flags.site}`)
    if (users.length > 0) this.note(`${users.join(', ')} went out through it without naming it`)
  }
}
