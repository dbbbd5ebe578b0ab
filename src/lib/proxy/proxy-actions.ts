import type { Block } from '../ami/block.js'
import type { Field } from '../ami/encode.js'
import { EventMask } from '../ami/event-mask.js'
import { audit, auditedFields } from './audit/audit.js'
import type { ClientSession } from './client-session.js'
import { inputFormats, outputFormat, outputFormatNames } from './formats/formats.js'
import type { ActionResult, ProxyMetrics } from './metrics.js'
import type { AutoFilter, ProxyLog, ProxyOptions, ServerOptions } from './options.js'
import { ownAnswer } from './rewrite.js'
import type { Servers } from './servers.js'
import type { ShownStatus } from './web/shown-status.js'

/** What ProxyActions need of the proxy. */
export interface ProxyActionContext {
  options: () => ProxyOptions
  servers: Servers
  log: ProxyLog
  /** All clients, the newest last. */
  clients: () => Iterable<ClientSession>
  metrics: Pick<ProxyMetrics, 'action'>
  /** What of the proxy's state this client may see. */
  statusFor: (client: ClientSession) => ShownStatus
}

interface Request {
  client: ClientSession
  block: Block
  id: Buffer | undefined
}

type ProxyAction = (request: Request, context: ProxyActionContext) => readonly Field[] | undefined

const success: Field = ['ProxyResponse', 'Success']
const failed = (message: string): Field[] => [
  ['ProxyResponse', 'Failure'],
  ['Message', message]
]

/** Those that change the proxy for everybody, or show who else uses it, are for administrators. */
const forAdministrators = new Set(['addserver', 'dropserver', 'listsessions'])

/** What an administrator asks for every few seconds, and what changes nothing, is not put on record. */
const unrecorded = new Set(['proxystatus'])

/** astmanproxy's own actions. Its headers stay as they were; what programs need is added behind them. */
const proxyActions: Record<string, ProxyAction | undefined> = {
  __proto__: null as never,

  listservers: (_, { servers }) => [
    success,
    ...servers.all.flatMap(({ name, state, address, options: { host, port, username, events } }): Field[] => [
      // Its name has a blank in it, and programs look for the line as it is.
      ['ProxyListServer I', `${address} H: ${host} U: ${username} P: ${port} E: ${events === false ? 'off' : 'on'} `],
      ['ProxyServerName', name],
      ['ProxyServerState', state]
    ])
  ],

  listsessions: (_, { clients, servers }) => [
    success,
    ...[...clients()].reverse().flatMap((client): Field[] => [
      ['ProxyClientSession', client.address.replace(/:\d+$/, '')],
      ['ProxyClientActionID', printable(client.lastActionId)],
      ['ProxyClientInputHandler', client.peer.input.name],
      ['ProxyClientOutputHandler', client.view.output.name],
      ['ProxyClientAddress', client.address],
      ['ProxyClientUser', printable(client.login.username ?? '')],
      ['ProxyClientConnected', client.connectedAt.toISOString()],
      ['ProxyClientQueueBytes', String(client.outbox.waitingBytes)],
      ['ProxyClientDropped', String(client.outbox.droppedInAll)]
    ]),
    ...servers.all.flatMap(({ name, state, address }): Field[] => [
      ['ProxyServerSession', address],
      ['ProxyServerName', name],
      ['ProxyServerState', state]
    ])
  ],

  listiohandlers: () => [
    success,
    ...[...Object.keys(inputFormats), 'http'].map((name): Field => ['InputHandler', name]),
    ...outputFormatNames.map((name): Field => ['OutputHandler', name])
  ],

  // All of it is of one moment, so it stands in one header.
  proxystatus: ({ client }, { statusFor }) => [success, ['ProxyStatus', JSON.stringify(statusFor(client))]],

  // An unknown format is no error and changes nothing, as it always was.
  setoutputformat: ({ client, block }, { options }) => {
    const wanted = outputFormat(block.get('OutputFormat')?.trim() ?? '', { xmlCompat: options().xmlCompat })
    if (wanted) client.view.speak(wanted)
    return [success, ['OutputFormat', client.view.output.name.replace(/-.*/, '')]]
  },

  setautofilter: ({ client, block }) => {
    const wanted = block.get('AutoFilter')?.trim().toLowerCase()
    client.view.filterBy(isAutoFilter(wanted) ? wanted : 'off')
    return [success, ['AutoFilter', String(autoFilters.indexOf(client.view.autoFilter))]]
  },

  addserver: ({ block }, { servers }) => {
    const server = serverFrom(block)
    if (typeof server === 'string') return failed(`Could not add ${printable(block.get('Server')?.trim() ?? '')}: ${server}`)
    const refused = servers.add(server)
    return refused ? failed(`Could not add ${server.name}: ${refused}`) : [success, ['Message', `Added ${server.name}`]]
  },

  dropserver: ({ block }, { servers }) => {
    const name = printable(block.get('Server')?.trim() ?? '')
    if (name === '') return failed('Cannot Drop Server, Server is missing')
    return servers.drop(name) ? [success, ['Message', `Dropped ${name}`]] : failed(`Cannot Drop Server ${name}, Does Not Exist`)
  },

  logoff: ({ client, id }) => {
    client.goodbye(id)
    return undefined
  }
}

/** Answers a `ProxyAction`. */
export function answerProxyAction(name: string, request: Request, context: ProxyActionContext): void {
  const { client, block, id } = request
  const key = name.toLowerCase()
  const answer = proxyActions[key]
  const { isAdmin, username } = client.login
  const isDenied = answer !== undefined && forAdministrators.has(key) && !isAdmin
  const fields = !answer
    ? error('Invalid Proxy Action')
    : isDenied
      ? error(`Permission denied: ${name} is for administrators`)
      : answer(request, context)
  const value = (wanted: string) => fields?.find(([field]) => field === wanted)?.[1]
  const outcome = value('ProxyResponse') ?? 'Success'
  const result: ActionResult = isDenied ? 'denied' : outcome === 'Success' ? 'success' : 'error'
  context.metrics.action(username, name, result)
  if ((isAdmin && !unrecorded.has(key)) || isDenied) {
    const reason = outcome === 'Success' ? {} : { reason: value('Message') }
    const record = { outcome: isDenied ? 'denied' : outcome, client: client.address, user: username, action: name, ...reason }
    audit(context.log, { event: 'proxyAction', ...record, fields: auditedFields(block) })
  }
  if (fields) client.receive(ownAnswer(fields, id))
}

function error(message: string): Field[] {
  return [
    ['ProxyResponse', 'Error'],
    ['Message', message]
  ]
}

const autoFilters: readonly AutoFilter[] = ['off', 'on', 'unique']

function isAutoFilter(text: string | undefined): text is AutoFilter {
  return (autoFilters as readonly (string | undefined)[]).includes(text)
}

/** @returns the server that AddServer describes, or what is wrong with it. `Auth` (md5, plain) and `TLS` are additions. */
function serverFrom(block: Block): ServerOptions | string {
  const value = (name: string) => block.get(name)?.trim() ?? ''
  const missing = ['Server', 'Port', 'Username', 'Secret', 'Events'].find((name) => value(name) === '')
  if (missing !== undefined) return `${missing} is missing`
  // A lone CR ends no line for us, and would begin a header wherever these values are shown or sent.
  const unsafe = ['Server', 'Port', 'Username', 'Secret'].find((name) => /[\0-\x1f\x7f]/.test(value(name)))
  if (unsafe !== undefined) return `${unsafe} has a control character`
  const port = Number(value('Port'))
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return `"${printable(value('Port')).slice(0, 80)}" is not a port`
  const host = value('Server')
  if (!/^[\w.:-]{1,253}$/.test(host)) return 'Server is no name or address'
  const auth = value('Auth').toLowerCase() === 'plain' ? 'plain' : 'md5'
  const tls = /^(on|yes|true|1)$/i.test(value('TLS'))
  const events = new EventMask(value('Events')).wantsAny
  return {
    name: host,
    host,
    port,
    username: value('Username'),
    secret: block.get('Secret')!,
    auth,
    events,
    ...(tls && { tls: {} })
  }
}

/** What a client sent goes into another's answer without what terminals and parsers obey. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/g, '?')
}
