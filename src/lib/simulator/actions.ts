import type { ActionCall } from './action-call.js'
import { getvar, hangup, setvar, showChannels, showStatus } from './channel-actions.js'
import { noSuchCommand, runCliCommand } from './cli-commands.js'
import { deviceStates, endpoints, extensionStates, queueStatus, queueSummary } from './list-actions.js'
import { originate } from './originate.js'
import { amiVersion, asteriskVersion } from './version.js'
import { renderBlock } from './wire.js'

export interface ActionDefinition {
  /** As ListCommands says it. */
  readonly name: string
  readonly description: string
  readonly privilege: string
  readonly answer: (call: ActionCall) => void
}

/** Every action that a session may send once it is logged in, worded as Asterisk 22's ListCommands words them. */
const definitions: readonly ActionDefinition[] = [
  define('Command', 'Execute Asterisk CLI Command.', 'command,all', command),
  define('CoreSettings', 'Show PBX core settings (version etc).', 'system,reporting,all', coreSettings),
  define('CoreShowChannels', 'List currently active channels.', 'system,reporting,all', showChannels),
  define('CoreStatus', 'Show PBX core status variables.', 'system,reporting,all', coreStatus),
  define('DeviceStateList', 'List the current known device states.', 'call,reporting,all', deviceStates),
  define('Events', 'Control Event Flow.', '<none>', events),
  define('ExtensionStateList', 'List the current known extension states.', 'call,reporting,all', extensionStates),
  define('Getvar', 'Gets a channel variable or function value.', 'call,reporting,all', getvar),
  define('Hangup', 'Hangup channel.', 'system,call,all', hangup),
  define('ListCommands', 'List available manager commands.', '<none>', listCommands),
  define('Logoff', 'Logoff Manager.', '<none>', logoff),
  define('Originate', 'Originate a call.', 'originate,all', originate),
  define('Ping', 'Keepalive command.', '<none>', ping),
  define('PJSIPShowEndpoints', 'Lists PJSIP endpoints.', 'system,all', endpoints),
  define('QueueStatus', 'Show queue status.', '<none>', queueStatus),
  define('QueueSummary', 'Show queue summary.', '<none>', queueSummary),
  define('Setvar', 'Sets a channel variable or function value.', 'call,all', setvar),
  define('Status', 'List channel status.', 'system,call,reporting,all', showStatus),
  define('UserEvent', 'Send an arbitrary event.', 'user,all', userEvent)
]

/** What the session itself answers, before and after login: here only so that ListCommands names it. */
const sessionDefinitions: readonly Omit<ActionDefinition, 'answer'>[] = [
  { name: 'Challenge', description: 'Generate Challenge for MD5 Auth.', privilege: '<none>' },
  { name: 'Login', description: 'Login Manager.', privilege: '<none>' }
]

const byName = new Map(definitions.map((definition) => [definition.name.toLowerCase(), definition]))

/** The action of that name, whatever its case. */
export function findAction(name: string): ActionDefinition | undefined {
  return byName.get(name.toLowerCase())
}

function define(name: string, description: string, privilege: string, answer: ActionDefinition['answer']): ActionDefinition {
  return { name, description, privilege, answer }
}

function ping(call: ActionCall): void {
  call.respond('Success', [
    ['Ping', 'Pong'],
    ['Timestamp', (call.pbx.clock.now() / 1000).toFixed(6)]
  ])
}

function logoff(call: ActionCall): void {
  call.respond('Goodbye', [['Message', 'Thanks for all the fish.']])
  call.session.end()
}

function events(call: ActionCall): void {
  const mask = call.get('EventMask')
  if (mask === '') {
    call.error('Invalid event mask')
    return
  }
  call.respond('Success', [['Events', call.session.setEventMask(mask) ? 'On' : 'Off']])
}

/** Every line of the action but Action itself goes into the event, ActionID last (recorded). */
function userEvent(call: ActionCall): void {
  call.success('Event Sent')
  const headers = call.request.lines.flatMap((line): [string, string][] => {
    const at = line.indexOf(':')
    const name = line.slice(0, at)
    return at < 1 || /^(Action|ActionID|UserEvent)$/i.test(name) ? [] : [[name, line.slice(at + 1).trimStart()]]
  })
  call.pbx.emit('UserEvent', 'user', [['UserEvent', call.get('UserEvent')], ...headers, ...call.id])
}

function command(call: ActionCall): void {
  const text = call.get('Command')
  if (text === '') {
    call.error('No command provided')
    return
  }
  const output = runCliCommand(text, call.pbx)
  const lines = output ?? [noSuchCommand(text)]
  call.respond(output ? 'Success' : 'Error', [
    ['Message', 'Command output follows'],
    ...lines.map((line) => ['Output', line] as const)
  ])
}

function coreStatus(call: ActionCall): void {
  const [date, time] = new Date(call.pbx.startedAt).toISOString().split(/[T.]/) as [string, string]
  call.respond('Success', [
    ['CoreStartupDate', date],
    ['CoreStartupTime', time],
    ['CoreReloadDate', date],
    ['CoreReloadTime', time],
    ['CoreCurrentCalls', call.pbx.channels.size],
    ['CoreProcessedCalls', call.pbx.callsProcessed]
  ])
}

function coreSettings(call: ActionCall): void {
  call.respond('Success', [
    ['AMIversion', amiVersion],
    ['AsteriskVersion', asteriskVersion],
    ['SystemName', ''],
    ['CoreMaxCalls', 0],
    ['CoreMaxLoadAvg', '0.000000'],
    ['CoreRunUser', ''],
    ['CoreRunGroup', ''],
    ['CoreMaxFilehandles', 0],
    ['CoreRealTimeEnabled', 'No'],
    ['CoreCDRenabled', 'Yes'],
    ['CoreHTTPenabled', 'Yes'],
    ['SoundsSearchCustomDir', 'No']
  ])
}

function listCommands(call: ActionCall): void {
  const all = [...definitions, ...sessionDefinitions].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
  const lines = all.map(({ name, description, privilege }) => [name, `${description}  (Priv: ${privilege})`] as const)
  call.session.write(renderBlock([['Response', 'Success'], ...call.id, ...lines]))
}
