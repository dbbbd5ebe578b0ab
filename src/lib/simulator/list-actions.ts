import type { ActionCall } from './action-call.js'
import type { Header } from './wire.js'

/** The configured world around the calls: two PJSIP endpoints that have not registered, their hints, and two queues. */
const endpointNames = ['alice', 'bob'] as const
const hints = [
  ['100', 'PJSIP/alice'],
  ['101', 'PJSIP/bob']
] as const
const queues = [
  { name: 'support', strategy: 'leastrecent', member: 'Alice', device: 'PJSIP/alice', penalty: 1 },
  { name: 'sales', strategy: 'ringall', member: 'Bob', device: 'PJSIP/bob', penalty: 0 }
] as const

export function endpoints(call: ActionCall): void {
  const items = endpointNames.map((name): Header[] => [
    ['Event', 'EndpointList'],
    ...call.id,
    ['ObjectType', 'endpoint'],
    ['ObjectName', name],
    ['Transport', ''],
    ['Aor', name],
    ['Auths', name],
    ['OutboundAuths', ''],
    ['Contacts', ''],
    ['DeviceState', 'Unavailable'],
    ['ActiveChannels', 0]
  ])
  call.list('A listing of Endpoints follows, presented as EndpointList events', items, 'EndpointListComplete')
}

export function deviceStates(call: ActionCall): void {
  const devices = [
    ...queues.map(({ name, device }) => [`Queue:${name}_pause_${device}`, 'NOT_INUSE']),
    ...queues.map(({ name }) => [`Queue:${name}_avail`, 'INUSE']),
    ...endpointNames.map((name) => [`PJSIP/${name}`, 'UNAVAILABLE'])
  ] as const
  const items = devices.map(([device, state]): Header[] => [
    ['Event', 'DeviceStateChange'],
    ...call.id,
    ['Device', device!],
    ['State', state!]
  ])
  call.list('Device State Changes will follow', items, 'DeviceStateListComplete')
}

export function extensionStates(call: ActionCall): void {
  const items = hints.map(([exten, hint]): Header[] => [
    ['Event', 'ExtensionStatus'],
    ...call.id,
    ['Exten', exten],
    ['Context', 'demo'],
    ['Hint', hint],
    ['Status', 4],
    ['StatusText', 'Unavailable']
  ])
  call.list('Extension Statuses will follow', items, 'ExtensionStateListComplete')
}

export function queueStatus(call: ActionCall): void {
  const items = wantedQueues(call).flatMap((queue) => [queueParams(queue, call), queueMember(queue, call)])
  call.list('Queue status will follow', items, 'QueueStatusComplete')
}

export function queueSummary(call: ActionCall): void {
  const items = wantedQueues(call).map((queue): Header[] => [
    ['Event', 'QueueSummary'],
    ['Queue', queue.name],
    ['LoggedIn', 0],
    ['Available', 0],
    ['Callers', 0],
    ['HoldTime', 0],
    ['TalkTime', 0],
    ['LongestHoldTime', 0],
    ...call.id
  ])
  call.list('Queue summary will follow', items, 'QueueSummaryComplete')
}

type Queue = (typeof queues)[number]

function wantedQueues(call: ActionCall): Queue[] {
  const wanted = call.get('Queue')
  return queues.filter(({ name }) => wanted === '' || wanted === name)
}

function queueParams(queue: Queue, call: ActionCall): Header[] {
  return [
    ['Event', 'QueueParams'],
    ['Queue', queue.name],
    ['Max', 0],
    ['Strategy', queue.strategy],
    ['Calls', 0],
    ['Holdtime', 0],
    ['TalkTime', 0],
    ['Completed', 0],
    ['Abandoned', 0],
    ['ServiceLevel', 0],
    ['ServicelevelPerf', '0.0'],
    ['ServicelevelPerf2', '0.0'],
    ['Weight', 0],
    ...call.id
  ]
}

function queueMember(queue: Queue, call: ActionCall): Header[] {
  return [
    ['Event', 'QueueMember'],
    ['Queue', queue.name],
    ['Name', queue.member],
    ['Location', queue.device],
    ['StateInterface', queue.device],
    ['Membership', 'static'],
    ['Penalty', queue.penalty],
    ['CallsTaken', 0],
    ['LastCall', 0],
    ['LastPause', 0],
    ['LoginTime', Math.floor(call.pbx.startedAt / 1000)],
    ['InCall', 0],
    // AST_DEVICE_UNAVAILABLE
    ['Status', 5],
    ['Paused', 0],
    ['PausedReason', ''],
    ['Wrapuptime', 0],
    ...call.id
  ]
}
