import type { ActionCall } from './action-call.js'
import type { Channel } from './channel.js'
import type { Header } from './wire.js'

const noSuchChannel = 'No such channel'

export function showChannels(call: ActionCall): void {
  const items = [...call.pbx.channels.values()].map((channel): Header[] => [
    ['Event', 'CoreShowChannel'],
    ...call.id,
    ...channel.headers(),
    ['Application', channel.application],
    ['ApplicationData', channel.applicationData],
    ['Duration', hoursMinutesSeconds(ageS(channel, call))],
    ['BridgeId', channel.bridgeId]
  ])
  call.list('Channels will follow', items, 'CoreShowChannelsComplete')
}

export function showStatus(call: ActionCall): void {
  const name = call.get('Channel')
  const channels = [...call.pbx.channels.values()].filter((channel) => name === '' || channel.name === name)
  if (name !== '' && channels.length === 0) {
    call.error(noSuchChannel)
    return
  }
  const variables = call.get('Variables').split(',').filter(Boolean)
  const items = channels.map((channel) => statusItem(channel, variables, call))
  call.list('Channel status will follow', items, 'StatusComplete', [['Items', items.length]])
}

function statusItem(channel: Channel, variables: string[], call: ActionCall): Header[] {
  return [
    ['Event', 'Status'],
    ['Privilege', 'Call'],
    ...channel.headers(),
    ['Type', 'Local'],
    ['DNID', ''],
    ...channel.effectiveConnectedLine(),
    ['TimeToHangup', 0],
    ['BridgeID', channel.bridgeId],
    ['Application', channel.application],
    ['Data', channel.applicationData],
    ['Nativeformats', '(slin)'],
    ['Readformat', 'slin'],
    ['Readtrans', ''],
    ['Writeformat', 'slin'],
    ['Writetrans', ''],
    ['Callgroup', 0],
    ['Pickupgroup', 0],
    ['Seconds', ageS(channel, call)],
    ...variables.map((name) => ['Variable', `${name}=${channel.variables.get(name) ?? ''}`] as const),
    ...call.id
  ]
}

/** The variable that an action is about, and whose it is (no channel: a global one). Undefined when the action was refused. */
function variableOf(call: ActionCall) {
  const name = call.get('Variable')
  const channel = call.pbx.channels.get(call.get('Channel'))
  if (name === '') call.error('No variable specified')
  else if (!channel && call.get('Channel') !== '') call.error(noSuchChannel)
  else return { name, channel }
  return undefined
}

export function getvar(call: ActionCall): void {
  const variable = variableOf(call)
  if (!variable) return
  const { name, channel } = variable
  call.respond('Success', [
    ['Variable', name],
    ['Value', (channel?.variables ?? call.pbx.globals).get(name) ?? '']
  ])
}

export function setvar(call: ActionCall): void {
  const variable = variableOf(call)
  if (!variable) return
  const { name, channel } = variable
  call.success('Variable Set')
  if (channel) call.pbx.setVariable(channel, name, call.get('Value'))
  else call.pbx.setGlobal(name, call.get('Value'))
}

/** By name, or every channel whose name matches `/regex/`. */
export function hangup(call: ActionCall): void {
  const name = call.get('Channel')
  const cause = /^\d{1,3}$/.test(call.get('Cause')) ? Number(call.get('Cause')) : 0
  if (name === '') {
    call.error('No channel specified')
    return
  }
  if (name.startsWith('/')) {
    hangupMatching(name, cause, call)
    return
  }
  const channel = call.pbx.channels.get(name)
  if (!channel) {
    call.error(noSuchChannel)
    return
  }
  call.success('Channel Hungup')
  call.pbx.calls.get(channel)?.hangUp(channel, cause)
}

function hangupMatching(pattern: string, cause: number, call: ActionCall): void {
  const prefix = literalPrefix(pattern)
  if (prefix === undefined) {
    call.error(noSuchChannel)
    return
  }
  // Asterisk walks a hash table here; newest first is one of the recorded orders.
  const channels = [...call.pbx.channels.values()].filter((channel) => channel.name.startsWith(prefix)).reverse()
  const items = channels.map(({ name }): Header[] => [['Event', 'ChannelHungup'], ['Channel', name], ...call.id])
  call.list('Channels hung up will follow', items, 'ChannelsHungupListComplete')
  for (const channel of channels) call.pbx.calls.get(channel)?.hangUp(channel, cause)
}

/**
 * The text that names begin with, of `/^text/`. Other patterns are not run: a regular expression of a stranger may take for ever.
 */
function literalPrefix(pattern: string): string | undefined {
  return /^\/\^([\w/@;-]*)(?:\.\*)?\/$/.exec(pattern)?.[1]
}

function ageS(channel: Channel, call: ActionCall): number {
  return Math.floor((call.pbx.clock.now() - channel.createdAt) / 1000)
}

function hoursMinutesSeconds(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
