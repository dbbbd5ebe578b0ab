import { BaseCommand } from '../../../lib/cli/base-command.js'
import { Args } from '../../../lib/cli/oclif.js'
import { siteFlag } from '../../../lib/cli/site-flags.js'
import { ExitStatus } from '../../../lib/errors.js'

export default class DialplanUserRm extends BaseCommand<typeof DialplanUserRm> {
  static override summary = 'Remove a user from the site file.'

  static override description =
    `Takes the user out of the file; comments and all else stay as they are. Asterisk knows of it after the next render.

Exit status: 0 removed, 1 there was no such user.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> john.doe',
    '<%= config.bin %> <%= command.id %> john.doe --site home.yaml',
    '<%= config.bin %> <%= command.id %> john.doe --json'
  ]

  static override args = { name: Args.string({ description: 'name of the user', required: true, ignoreStdin: true }) }

  static override flags = siteFlag

  protected override async execute(): Promise<void> {
    const { removeUser } = await import('../../../lib/site/change-site.js')
    const { name } = this.args
    const removed = await removeUser(this.flags.site, name, { timeoutMs: this.flags.timeout, signal: this.signal })
    if (!removed) process.exitCode = ExitStatus.no
    if (this.flags.json) await this.out.json({ name, removed })
    else this.note(removed ? `${name}: removed` : `there is no user ${name} in ${this.flags.site}`)
  }
}
