import { ManagerCommand } from '../../../lib/cli/manager-command.js'
import { Args } from '../../../lib/cli/oclif.js'
import { ExitStatus, TimeoutError, UsageError } from '../../../lib/errors.js'
import { stopSocket } from '../../../lib/voipmonitor-client/manager-socket.js'

export default class ManagerSocketStop extends ManagerCommand<typeof ManagerSocketStop> {
  static override summary = 'Have a sniffer close the unix socket of its manager.'

  static override description =
    `Takes the place of \`echo 'manager_file stop' | nc\`. The sniffer takes up to a second. With the path it is looked whether the file has gone.
Exit status: 0 stopped; 1 there was none, or voipmonitor.conf keeps it (managersocket); 74 the file is still there; 75 no answer.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> /run/vm_manager.sock',
    '<%= config.bin %> <%= command.id %> --sensor prague --json'
  ]

  static override args = {
    path: Args.string({ description: 'where the socket is', ignoreStdin: true })
  }

  protected override async execute(): Promise<void> {
    const [sensor, ...others] = await this.sensors()
    if (others.length > 0) throw new UsageError('One sniffer at a time: name one with --sensor')
    try {
      const result = await stopSocket(sensor!, this.args.path, this.exchangeOptions())
      if (result === 'not running') process.exitCode = ExitStatus.no
      if (this.flags.json) await this.out.json({ sensor: sensor!.name, result })
      else await this.out.line(result)
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      throw new TimeoutError(error.message, {
        cause: error,
        hint: 'A sniffer whose socket was started in a folder that does not exist hangs at its stop: then only a restart helps.'
      })
    }
  }
}
