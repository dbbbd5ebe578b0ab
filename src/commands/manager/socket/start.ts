import { ManagerCommand } from '../../../lib/cli/manager-command.js'
import { Args, Flags } from '../../../lib/cli/oclif.js'
import { askText } from '../../../lib/cli/prompt.js'
import { ExitStatus, UsageError } from '../../../lib/errors.js'
import { checkSocketPath } from '../../../lib/voipmonitor/socket-path.js'
import { isLocal, startSocket } from '../../../lib/voipmonitor-client/manager-socket.js'

export default class ManagerSocketStart extends ManagerCommand<typeof ManagerSocketStart> {
  static override summary = 'Have a sniffer open its manager on a unix socket, and see that it does.'

  static override description =
    `Takes the place of \`echo 'manager_file start PATH' | nc\`. The sniffer deletes whatever has that name, and answers OK where it cannot listen: so the path is
looked at before, and the socket after (is it there, mode 0600, does it answer). The file system of another host cannot be looked at, which needs --yes. On the
socket everything is answered in clear, and also when the database of the sniffer hangs.

Exit status: 0 it listens (or did already); 1 the sniffer has another socket; 65 the path cannot be used; 74 it is not there afterwards.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> /run/vm_manager.sock',
    '<%= config.bin %> <%= command.id %> /run/vm_manager.sock --voipmonitor-conf /etc/voipmonitor.conf',
    '<%= config.bin %> <%= command.id %> /run/vm_manager.sock --ssh root@sniffer --yes --json'
  ]

  static override args = {
    path: Args.string({ description: 'absolute path of the socket, at most 107 bytes', ignoreStdin: true })
  }

  static override flags = {
    yes: Flags.boolean({ char: 'y', description: 'a file of that name on another host may be deleted' })
  }

  protected override async execute(): Promise<void> {
    const path = await this.required(this.args.path, { flag: 'The path', question: 'Path of the socket:' })
    checkSocketPath(path)
    const [sensor, ...others] = await this.sensors()
    if (others.length > 0) throw new UsageError('One sniffer at a time: name one with --sensor')
    if (!isLocal(sensor!) && !this.flags.yes && !(await this.#isMeant(path, sensor!.name))) {
      process.exitCode = ExitStatus.no
      return
    }
    const { result, checked, state } = await startSocket(sensor!, path, this.exchangeOptions())
    if (!checked) this.note(`${path} is on another host: nobody has looked whether it is there`)
    if (state?.error) this.note(`it is there; whether it answers cannot be tried: ${state.error.message}`)
    const { version = null, mode = null } = state ?? {}
    if (this.flags.json) await this.out.json({ sensor: sensor!.name, result, path, checked, mode, version })
    else await this.out.line(`${result}: ${path}${version === null ? '' : ` (${version})`}`)
  }

  async #isMeant(path: string, name: string): Promise<boolean> {
    const what = `What has the name ${path} on the host of ${name} is deleted, and it cannot be looked at from here`
    if (!this.mayAsk) throw new UsageError(what, { hint: 'Add --yes if you mean it.' })
    return /^y(es)?$/i.test((await askText(`${what}. Start it? (yes/no)`, this.signal)).trim())
  }
}
