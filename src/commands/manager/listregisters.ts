import { registerColumnSet } from '../../lib/cli/list-columns.js'
import { listFlags } from '../../lib/cli/list-flags.js'
import { type ListKind, type ListRequest, ManagerListCommand } from '../../lib/cli/manager-list-command.js'
import { Flags } from '../../lib/cli/oclif.js'
import { registerStates } from '../../lib/voipmonitor/columns.js'
import { listRegistersCommand } from '../../lib/voipmonitor/list-command.js'
import { countRegisters, registerMetrics } from '../../lib/voipmonitor-client/list-metrics.js'

const group = { helpGroup: 'SELECTION' } as const

export default class ManagerListregisters extends ManagerListCommand<typeof ManagerListregisters> {
  static override summary = 'Show the registrations that one or more VoIPmonitor sniffers see.'

  static override description =
    `Takes the place of \`run.php send_manager_cmd -c listregisters\`. States, addresses and the values that stand for "none" are decoded.

--warn and --crit make it a Nagios plugin (0, 1, 2, 3) with performance data, --format prometheus a text for Prometheus.
Metrics: ${registerMetrics.map(({ name, help }) => `${name} (${help})`).join(', ')}.`

  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --state Failed,Expired --sensor all',
    '<%= config.bin %> <%= command.id %> --user 101 --wide --json',
    "<%= config.bin %> <%= command.id %> --warn failed=10 --crit 'ok<50'"
  ]

  static override flags = {
    state: Flags.string({
      description: `any of these states: ${registerStates.join(', ')}`,
      helpValue: 'STATES',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      options: [...registerStates],
      ...group
    }),
    number: Flags.string({ description: 'the number in From; % stands for anything', helpValue: 'NUMBER', ...group }),
    contact: Flags.string({ description: 'the number in Contact', helpValue: 'NUMBER', ...group }),
    user: Flags.string({ description: 'the user that logs in (digest)', helpValue: 'NAME', ...group }),
    realm: Flags.string({ description: 'its realm', helpValue: 'REALM', ...group }),
    ip: Flags.string({ description: "either side's SIP address", helpValue: 'ADDRESS', ...group }),
    agent: Flags.string({ description: 'the User-Agent', helpValue: 'NAME', ...group }),
    ...listFlags
  }

  protected override readonly kind: ListKind = {
    name: 'registrations',
    columns: registerColumnSet,
    metrics: registerMetrics,
    counter: countRegisters,
    usualOrder: { column: 'ID', direction: 'desc' },
    // What 0 means to it was never recorded.
    countLimit: 1,
    keyOf: ({ row }) => String(row.raw('ID'))
  }

  protected override requestOf(request: ListRequest) {
    const { state, number, contact, user, realm, ip, agent } = this.flags
    const conditions = {
      ...(number !== undefined && { from_num: number }),
      ...(contact !== undefined && { contact_num: contact }),
      ...(user !== undefined && { digestusername: user }),
      ...(realm !== undefined && { digestrealm: realm }),
      ...(ip !== undefined && { sipcallerip: ip, sipcallerdip_type: '0' }),
      ...(agent !== undefined && { ua: agent })
    }
    return listRegistersCommand({ ...request, conditions, states: state as (typeof registerStates)[number][] | undefined })
  }
}
