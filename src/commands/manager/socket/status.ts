import { resolve } from 'node:path'
import { ManagerCommand } from '../../../lib/cli/manager-command.js'
import { Args } from '../../../lib/cli/oclif.js'
import { UsageError } from '../../../lib/errors.js'
import { checkSocketPath } from '../../../lib/voipmonitor/socket-path.js'
import { lookAtSocket, type SocketState, socketSensor } from '../../../lib/voipmonitor-client/manager-socket.js'
import { socketProblem } from '../../../lib/voipmonitor-client/socket-problem.js'

export default class ManagerSocketStatus extends ManagerCommand<typeof ManagerSocketStatus> {
  static override summary = 'Say whether a sniffer answers on its unix socket, and who may use it.'

  static override description =
    `The file, its mode and owner, and the answer to getversion. The socket is that of the argument, of --socket, or managersocket of voipmonitor.conf.
Exit status: 0 it answers; 1 there is none; 69 nobody listens or you may not use it; 74 it is no socket, or open to others.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> /run/vm_manager.sock',
    '<%= config.bin %> <%= command.id %> --socket /run/vm_manager.sock --ssh root@sniffer',
    '<%= config.bin %> <%= command.id %> --voipmonitor-conf /etc/voipmonitor.conf --json'
  ]

  static override args = {
    path: Args.string({ description: 'where the socket is', ignoreStdin: true })
  }

  protected override async execute(): Promise<void> {
    const [sensor, ...others] = await this.sensors()
    if (others.length > 0) throw new UsageError('One sniffer at a time: name one with --sensor')
    const { address } = sensor!
    const known =
      address.kind === 'unix' ? address.path : address.kind === 'ssh' && 'path' in address.target && address.target.path
    const given = this.args.path ?? (known || undefined)
    // On this machine a path may begin where the shell stands.
    const path = given !== undefined && address.kind === 'unix' ? resolve(given) : given
    if (path === undefined) throw new UsageError('Which socket?', { hint: 'Give its path, or --socket PATH.' })
    checkSocketPath(path)
    const bySocket = socketSensor(sensor!, path)
    if (!bySocket) throw new UsageError(`${path} is on another host`, { hint: 'Reach it with --ssh USER@HOST.' })
    const state = await lookAtSocket(bySocket, this.exchangeOptions())
    const problem = socketProblem(state)
    if (this.flags.json) await this.out.json(objectOf(state, problem?.message))
    else await this.out.line(`${state.path}: ${problem ? problem.message : textOf(state)}`)
    if (!problem) return
    if (problem.hint) this.note(problem.hint)
    process.exitCode = problem.exit
  }
}

function textOf({ version, mode, uid }: SocketState): string {
  return `answers (${version})${mode === undefined ? '' : `, mode ${mode}, owner ${uid}`}`
}

function objectOf({ path, file, mode, uid, version }: SocketState, problem: string | undefined) {
  return {
    path,
    file: file ?? null,
    mode: mode ?? null,
    uid: uid ?? null,
    version: version ?? null,
    answers: version !== undefined,
    problem: problem ?? null
  }
}
