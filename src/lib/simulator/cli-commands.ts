import type { Channel } from './channel.js'
import cliCommandNames from './core-show-help.json' with { type: 'json' }
import type { Pbx } from './pbx.js'
import endpoints from './pjsip-show-endpoints.json' with { type: 'json' }
import { asteriskVersion } from './version.js'

/** The CLI commands that the simulator knows, each with the lines that Asterisk 22 was recorded to print. */
const commands: Readonly<Record<string, (pbx: Pbx) => string[]>> = {
  'core show version': () => [
    `Asterisk ${asteriskVersion} built by nobody @ buildd.debian.org on a unknown running Linux on 2026-07-20 21:35:32 UTC`
  ],
  'core show uptime': (pbx) => [`System uptime: ${inWords(pbx.uptimeS)}`, `Last reload: ${inWords(pbx.uptimeS)}`],
  'core show uptime seconds': (pbx) => [`System uptime: ${pbx.uptimeS}`, `Last reload: ${pbx.uptimeS}`],
  'core show channels': (pbx) => [
    `${'Channel'.padEnd(64)} ${'Location'.padEnd(32)} ${'State'.padEnd(7)} ${'Application(Data)'.padEnd(30)}`,
    ...[...pbx.channels.values()].map(channelLine),
    `${pbx.channels.size} active ${pbx.channels.size === 1 ? 'channel' : 'channels'}`,
    ...callLines(pbx)
  ],
  'core show channels concise': (pbx) => {
    const lines = [...pbx.channels.values()].map((channel) => conciseLine(channel, pbx.clock.now()))
    return lines.length > 0 ? lines : ['']
  },
  'core show calls': callLines,
  // The names are Asterisk's; its sentences about them are not ours to ship.
  'core show help': () => cliCommandNames.map((name) => `${name.padEnd(30)} -- (not simulated)`),
  'pjsip show endpoints': () => endpoints
}

/** What a CLI command prints, line by line; undefined when there is no such command. */
export function runCliCommand(command: string, pbx: Pbx): string[] | undefined {
  const words = command.trim().split(/\s+/).join(' ')
  return Object.hasOwn(commands, words) ? commands[words]!(pbx) : undefined
}

/** Asterisk's words for a command that it does not know; the help that it points to has two words at most (recorded). */
export function noSuchCommand(command: string): string {
  return `No such command '${command}' (type 'core show help ${command.split(' ').slice(0, 2).join(' ')}' for other possible commands)`
}

function channelLine(channel: Channel): string {
  const location = `${channel.exten}@${channel.context}:${channel.priority}`
  const application = `${channel.application}(${channel.applicationData})`
  return `${channel.name.padEnd(64)} ${location.padEnd(32)} ${channel.stateName.padEnd(7)} ${application.padEnd(30)}`
}

function conciseLine(channel: Channel, nowMs: number): string {
  const { name, context, exten, priority, stateName, application, applicationData, callerNum, accountCode } = channel
  const seconds = Math.floor((nowMs - channel.createdAt) / 1000)
  const fields = [name, context, exten, priority, stateName, application, applicationData, callerNum, accountCode, '']
  return [...fields, '3', seconds, channel.bridgeId, channel.uniqueid].join('!')
}

function callLines(pbx: Pbx): string[] {
  return [`${pbx.activeCalls} active ${pbx.activeCalls === 1 ? 'call' : 'calls'}`, `${pbx.callsProcessed} calls processed`]
}

/** `1 day, 2 hours, 19 seconds`, the way ast_print_namedtime words it. */
function inWords(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second']
  ] as const
  const words = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
  return words.join(', ') || '0 seconds'
}
