import { durationFlag } from '../../lib/cli/base-command.js'
import { callColumnSet } from '../../lib/cli/list-columns.js'
import { listFlags } from '../../lib/cli/list-flags.js'
import { type ListKind, type ListRequest, ManagerListCommand } from '../../lib/cli/manager-list-command.js'
import { Flags } from '../../lib/cli/oclif.js'
import { listCallsCommand } from '../../lib/voipmonitor/list-command.js'
import type { ListRow } from '../../lib/voipmonitor/list-row.js'
import { callMetrics, countCalls } from '../../lib/voipmonitor-client/list-metrics.js'

const group = { helpGroup: 'SELECTION' } as const

export default class ManagerListcalls extends ManagerListCommand<typeof ManagerListcalls> {
  static override summary = 'Show the live calls of one or more VoIPmonitor sniffers.'

  static override description =
    `Takes the place of \`run.php send_manager_cmd -c listcalls\` and of \`echo listcalls | nc\`, without its half second of waiting. Addresses, codecs, MOS and
the values that stand for "none" are decoded; without RTP there is no MOS. What cannot be a filter of the sniffer is refused: it would ignore it, and show all calls.

--warn and --crit make it a Nagios plugin (0, 1, 2, 3) with performance data, --format prometheus a text for Prometheus.
Metrics: ${callMetrics.map(({ name, help }) => `${name} (${help})`).join(', ')}.

Exit status: 65 for a filter that is wrong, 69 unreachable, 75 no answer in time, 76 no sniffer or a cut answer, 77 wrong key, or one is needed.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --host s4.example.org --encrypt on --key-file /etc/pbxkit/manager.key',
    '<%= config.bin %> <%= command.id %> --sensor all --codec PCMA --min-duration 5m --sort duration',
    '<%= config.bin %> <%= command.id %> --socket /tmp/vm_manager_socket --ssh root@sniffer --watch 2',
    `<%= config.bin %> <%= command.id %> --filter '{"caller":"4207%"}' --columns start,caller,mos --format csv`,
    "<%= config.bin %> <%= command.id %> --warn calls=200 --crit 'mos<3.5'"
  ]

  static override flags = {
    caller: Flags.string({ description: "the caller's number; % stands for anything", helpValue: 'NUMBER', ...group }),
    called: Flags.string({ description: 'the called number', helpValue: 'NUMBER', ...group }),
    number: Flags.string({ description: 'caller or called', helpValue: 'NUMBER', ...group }),
    ip: Flags.string({ description: "either side's SIP address", helpValue: 'ADDRESS', ...group }),
    callid: Flags.string({ description: 'the Call-ID', helpValue: 'ID', ...group }),
    codec: Flags.string({ description: 'any of these codecs, by name or number', helpValue: 'NAMES', ...group }),
    connected: Flags.boolean({ description: 'answered calls only', ...group }),
    'min-duration': durationFlag({ description: 'calls that are at least so old', ...group }),
    ...listFlags
  }

  protected override readonly kind: ListKind = {
    name: 'calls',
    columns: callColumnSet,
    metrics: callMetrics,
    counter: countCalls,
    usualOrder: { column: 'calldate', direction: 'desc' },
    countLimit: 0,
    keyOf: ({ row }) => `${row.raw('callreference')} ${row.raw('callid')}`
  }

  protected override requestOf(request: ListRequest) {
    const { caller, called, number, ip, callid, codec, connected } = this.flags
    return listCallsCommand({ ...request, conditions: { caller, called, number, ip, callId: callid, codec, connected } })
  }

  protected override where(): ((row: ListRow) => boolean) | undefined {
    const atLeastS = this.flags['min-duration'] === undefined ? undefined : this.flags['min-duration'] / 1000
    return atLeastS === undefined ? undefined : (row) => (row.number('duration') ?? 0) >= atLeastS
  }
}
