import { suggestion } from '../nearest.js'
import commands from './commands.json' with { type: 'json' }
import { UnknownCommandError } from './errors.js'

/** A command of the sniffer's manager. */
export interface CommandDefinition {
  readonly name: string
  /** Does it have to be encrypted over TCP? `some`: with certain arguments only. */
  readonly encryption: 'yes' | 'no' | 'some'
  /** The sniffer's own words. */
  readonly help?: string
  /** Not in the sniffer's `help`. */
  readonly hidden?: boolean
  /** What it may do to the sniffer, to its data or to the host, for those that want a question first. */
  readonly danger?: string
}

const dangers: Readonly<Record<string, string>> = {
  ...danger('it stops or replaces the running sniffer', 'hot_restart', 'restart', 'terminating', 'upgrade', 'gitUpgrade'),
  ...danger('it crashes the sniffer', 'memcrash_test_1', 'memcrash_test_2', 'memcrash_test_3', 'memcrash_test_4'),
  ...danger('it crashes the sniffer', 'memcrash_test_5', 'memcrash_test_6'),
  ...danger("it takes or frees the sniffer's memory", 'memalloc_alloc', 'memalloc_free', 'alloc_test'),
  ...danger(
    'it changes the configuration of the running sniffer',
    'reload',
    'set_json_config',
    'setverbparam',
    'cleanverbparams'
  ),
  ...danger('it changes the configuration of the running sniffer', 'ssl_ipport', 'natalias', 'sql_errors_skip'),
  ...danger('it ends calls and registrations that are being watched', 'cleanup_calls', 'cleanup_registers', 'cleanupregisters'),
  ...danger('it ends calls and registrations that are being watched', 'destroy_close_calls', 'd_close_call', 'expire_registers'),
  ...danger('it throws away what has not been written yet', 'cleanup_tcpreassembly', 'diameter_cleanup', 'dtls_queue_cleanup'),
  ...danger('calls are no longer written', 'disablecdr', 'pausecall'),
  ...danger('it stops the processing of packets, calls or files', 'block_alloc_stack', 'blockasync', 'blockcleanupcalls'),
  ...danger('it stops the processing of packets, calls or files', 'blockprocesspacket', 'blockqfile', 'blocktar'),
  ...danger('it stops the processing of packets, calls or files', 'sleepprocesspacket', 'usleep', 'thread'),
  ...danger('it stops the processing of packets, calls or files', 'set_partitions_service', 'processing_limitations_inc'),
  ...danger(
    'it works on the whole spool directory',
    'reindexfiles',
    'reindexfiles_date',
    'reindexfiles_datehour',
    'reindexspool'
  ),
  ...danger('it loads the disks', 'disk_io_recalibrate'),
  ...danger('it deletes a file of that name before it makes the socket', 'manager_file')
}

function danger(why: string, ...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, why]))
}

/** All 158 commands of sniffer 2026.04.0, by name. */
export const commandCatalogue: ReadonlyMap<string, CommandDefinition> = new Map(
  Object.entries(commands as Record<string, Omit<CommandDefinition, 'name' | 'danger'>>).map(([name, rest]) => [
    name,
    { name, ...rest, ...(dangers[name] !== undefined && { danger: dangers[name] }) }
  ])
)

/**
 * Looks up a command by its exact name. The sniffer looks for exact names too, and when there is none it runs the first command whose name occurs
 * anywhere in the text: what is not in the catalogue is therefore not sent.
 * @throws UnknownCommandError with the nearest names
 */
export function findCommand(name: string): CommandDefinition {
  const found = commandCatalogue.get(name)
  if (found) return found
  throw new UnknownCommandError(`The sniffer has no command "${name}"`, {
    hint: suggestion(name, commandCatalogue.keys()) ?? 'See the list with: pbxkit manager send help',
    details: { command: name }
  })
}

/** Names that `get_json_config` gives in clear as well. */
const clearSettings = new Set(['server_bind', 'server_bind_port', 'server_destination', 'packetbuffer_sender'])

/** Would the sniffer refuse this over TCP unless it is encrypted? (A unix socket takes everything in clear.) */
export function needsEncryption({
  definition,
  argument
}: {
  definition?: CommandDefinition | undefined
  argument: string
}): boolean {
  if (definition?.encryption !== 'some') return definition?.encryption !== 'no'
  const names = argument.trim().split(',')
  return !names.every((name) => clearSettings.has(name))
}
