import { isReadingCommand } from '../rights/cli-commands.js'

/**
 * Actions of Asterisk 22 and of chan_sip that read and do nothing else, whatever their headers say (but for a function, see `kindOf`). All of
 * them answer with one response, or with a list whose end is known. By what they read:
 */
const queries: ReadonlySet<string> = new Set(
  [
    // Channels, bridges and conferences: they walk the channels' snapshots and the bridges' list.
    ['CoreShowChannels', 'CoreShowChannelMap', 'Status', 'BridgeList', 'BridgeInfo', 'BridgeTechnologyList'],
    ['ConfbridgeList', 'ConfbridgeListRooms', 'MeetmeList', 'MeetmeListRooms', 'ParkedCalls', 'Parkinglots'],
    // The system.
    ['CoreSettings', 'CoreStatus', 'ListCommands', 'ModuleCheck', 'FAXSession', 'FAXSessions', 'FAXStats'],
    // States, hints and mailboxes.
    ['DeviceStateList', 'ExtensionState', 'ExtensionStateList', 'PresenceState', 'PresenceStateList'],
    ['MailboxCount', 'MailboxStatus', 'MWIGet', 'VoicemailUsersList', 'VoicemailUserStatus'],
    // Queues and agents.
    ['Agents', 'QueueRule', 'QueueStatus', 'QueueSummary'],
    // Peers and what is registered.
    ['PJSIPShowAors', 'PJSIPShowAuths', 'PJSIPShowContacts', 'PJSIPShowEndpoint', 'PJSIPShowEndpoints', 'PJSIPShowMaintenance'],
    ['PJSIPShowRegistrationInboundContactStatuses', 'PJSIPShowRegistrationsInbound', 'PJSIPShowRegistrationsOutbound'],
    ['PJSIPShowResourceLists', 'PJSIPShowSubscriptionsInbound', 'PJSIPShowSubscriptionsOutbound'],
    ['IAXpeerlist', 'IAXpeers', 'IAXregistry', 'SIPpeers', 'SIPshowregistry', 'DAHDIShowChannels', 'PRIShowSpans'],
    // The dialplan, the database, a variable.
    ['ShowDialPlan', 'DBGet', 'DBGetTree', 'Getvar']
  ]
    .flat()
    .map((name) => name.toLowerCase())
)

export type ActionKind = 'query' | 'ping' | 'change'

/**
 * - `query`: it reads; one answer does for all who ask the same at the same time;
 * - `ping`: it neither reads nor changes, and who sends one measures the time: one does for all that would go out together;
 * - `change`: all else, and what is not known.
 *
 * No query are, though they only read: GetConfig, GetConfigJSON and ListCategories (`#exec` in a file runs a program), PJSIPQualify,
 * VoicemailRefresh and QueueReload (they make something happen), IAXnetstats, SIPpeerstatus and VoicemailBoxSummary (the end of their answer is not to be
 * seen). Nor is
 * what calls a function (`Getvar` of `SHELL(…)` or `ODBC_…(…)`, `Status` with `Variables`): a parenthesis anywhere is taken for one.
 *
 * @param name of the action
 * @param lines its headers, as they go to Asterisk
 */
export function kindOf(name: string, lines: Buffer): ActionKind {
  const action = name.toLowerCase()
  if (action === 'ping') return 'ping'
  if (action === 'command') return isReadingCommand(onlyCommand(lines)) ? 'query' : 'change'
  return queries.has(action) && !lines.includes('(') ? 'query' : 'change'
}

/** The `Command:` of an action; empty when there are several. */
function onlyCommand(lines: Buffer): string {
  const commands = lines
    .toString('latin1')
    .split('\r\n')
    .flatMap((line) => /^[ \t]*Command[ \t]*:(.*)$/i.exec(line)?.[1] ?? [])
  return commands.length === 1 ? commands[0]! : ''
}
