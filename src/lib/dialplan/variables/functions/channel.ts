import type { Channel } from '../channel.js'
import type { FunctionCall, FunctionTable } from '../evaluation.js'

/** What is known of a channel, its caller, and its message. */
export const channelFunctions: FunctionTable = {
  CALLERID: { read: readCallerId, write: writeCallerId },
  CHANNEL: { read: readChannel, write: ({ channel, data }, value) => void channel.written.set(`CHANNEL(${data})`, value) },
  MESSAGE: { read: readMessage, write: ({ channel, data }, value) => void messageOf(channel).set(data.toLowerCase(), value) },
  MESSAGE_DATA: {
    read: ({ channel, data }) => channel.message?.get(`data:${data}`) ?? '',
    write: ({ channel, data }, value) => void messageOf(channel).set(`data:${data}`, value)
  },
  VERSION: { read: ({ data }) => (data.toUpperCase() === 'ASTERISK_VERSION_NUM' ? '220000' : '22.0.0') }
}

/** `CALLERID(name|num|all|…)`. The dialled number and the like are kept as they are set. */
function readCallerId({ channel, data }: FunctionCall): string | undefined {
  const item = data.split(',')[0]!.trim().toLowerCase()
  const { callerNumber, callerName } = channel
  if (item === 'all') return `"${callerName ?? ''}" <${callerNumber ?? ''}>`
  if (item === 'name') return callerName ?? ''
  if (/^(num|number)$/.test(item)) return callerNumber ?? ''
  if (item === 'num-valid' || item === 'name-valid')
    return (item === 'num-valid' ? callerNumber : callerName) === undefined ? '0' : '1'
  if (item === 'dnid') return channel.written.get('CALLERID(dnid)') ?? channel.extension
  return (
    channel.written.get(`CALLERID(${item})`) ??
    (item.startsWith('ani') ? (callerNumber ?? '') : item.includes('pres') ? 'allowed_not_screened' : '')
  )
}

function writeCallerId({ channel, data }: FunctionCall, value: string): void {
  const item = data.split(',')[0]!.trim().toLowerCase()
  if (item === 'all') {
    const { name, number } = splitCallerId(value)
    channel.callerName = name
    channel.callerNumber = number
  } else if (item === 'name') channel.callerName = value
  else if (/^(num|number)$/.test(item)) channel.callerNumber = value
  else channel.written.set(`CALLERID(${item})`, value)
}

/** `"Name" <number>`, `Name <number>`, a number alone, or a name alone (callerid.c, ast_callerid_parse). */
export function splitCallerId(text: string): { name: string | undefined; number: string | undefined } {
  // Blanks go first: three parts of one expression that can all take them would try all ways to share them out.
  const [, name, number] = /^(?:"([^"]*)"|[^<]*?)\s*<([^>]*)>/.exec(text.trimStart()) ?? []
  if (number !== undefined) return { name: name ?? text.slice(0, text.indexOf('<')).trim(), number: shrunk(number) }
  const bare = text.trim()
  return isPhoneNumber(bare)
    ? { name: undefined, number: shrunk(bare) }
    : { name: bare.replace(/^"(.*)"$/, '$1'), number: undefined }
}

function isPhoneNumber(text: string): boolean {
  return text !== '' && /^[0-9*#+()\-.a-dA-D ]+$/.test(text) && /[0-9*#+]/.test(text[0]!)
}

/** Blanks, parentheses and dashes that people write into numbers go. */
function shrunk(number: string): string {
  return /^[0-9*#+()\-. ]*$/.test(number) ? number.replace(/[() -]/g, '') : number
}

/** What Asterisk 22 says of a channel by itself, unless it was set. */
function readChannel({ channel, data, notes }: FunctionCall): string | undefined {
  const kept = channel.written.get(`CHANNEL(${data})`)
  if (kept !== undefined) return kept
  switch (data.toLowerCase()) {
    case 'name':
      return channel.name
    case 'uniqueid':
    case 'linkedid':
      return channel.uniqueId
    case 'endpoint':
      return channel.endpoint?.name
    case 'exten':
      return channel.extension
    case 'context':
      return channel.context
    case 'channeltype':
      return channel.name.replace(/\/.*$/s, '')
    case 'state':
      return channel.isUp ? 'Up' : 'Ring'
    case 'language':
      return 'en'
    case 'hangupsource':
    case 'musicclass':
    case 'parkinglot':
    case 'accountcode':
    case 'userfield':
    case 'peeraccount':
    case 'callgroup':
    case 'pickupgroup':
      return ''
    default:
      notes.unknown(`CHANNEL(${data})`)
      return undefined
  }
}

function messageOf(channel: Channel): Map<string, string> {
  channel.message ??= new Map()
  return channel.message
}

function readMessage({ channel, data }: FunctionCall): string | undefined {
  return channel.message?.get(data.toLowerCase()) ?? ''
}
