import { decode, encode } from '../../asterisk-config/text.js'
import { UsageError } from '../../errors.js'
import { suggestion } from '../../nearest.js'
import { Channel } from '../variables/channel.js'
import { type Endpoint, settingOf } from '../variables/endpoint-directory.js'
import type { Scene } from '../variables/evaluation.js'
import { splitCallerId } from '../variables/functions/channel.js'
import { ChannelRun } from './channel-run.js'
import type { Trace } from './result.js'
import { type ApplicationResult, Simulation } from './simulation.js'

/** A call, or a message, and what is chosen to come of it. In text. */
export interface CallOptions {
  readonly number: string
  /** Default: that of the endpoint that calls. */
  readonly context?: string
  readonly priority?: number
  /** The endpoint that calls: its context, caller id and variables. */
  readonly from?: string
  /** `"Name" <number>`; default: that of the endpoint. */
  readonly callerId?: string
  /** The body of a SIP MESSAGE: it goes to the message context. */
  readonly message?: string
  /** Variables of the channel. */
  readonly variables?: ReadonlyMap<string, string>
  /** `BUSY` for one Dial after the other, or `PJSIP/alice=BUSY`. */
  readonly dial?: readonly string[]
  readonly digits?: string
  /** By the application's name. */
  readonly results?: ReadonlyMap<string, ApplicationResult>
  /** Default: 1000. */
  readonly maxSteps?: number
}

/** A dialplan with more steps than this goes round in circles. */
const defaultMaxSteps = 1000

/** Follows a call through the dialplan. It changes the globals and the AstDB of the scene, as the call would. @throws UsageError without a context, or for an endpoint that is none */
export function traceCall(scene: Scene, options: CallOptions): Trace {
  const endpoint = endpointOf(scene, options.from)
  const context = contextOf(options, endpoint)
  const channel = makeChannel(options, endpoint, context)
  const simulation = new Simulation(scene, {
    ...statuses(options.dial ?? []),
    digits: options.digits ?? '',
    results: encodeResults(options.results),
    maxSteps: options.maxSteps ?? defaultMaxSteps
  })
  const leg = simulation.openLeg()!
  const { end, reason } = new ChannelRun(simulation, channel, leg).run()
  const { steps, devices, legs } = simulation
  const own = {
    leg,
    channel: decode(channel.name),
    parent: undefined,
    end,
    reason,
    isAnswered: channel.isUp,
    hangupCause: channel.hangupCause
  }
  return {
    number: options.number,
    context,
    from: options.from,
    steps,
    devices,
    legs: [own, ...legs].sort((a, b) => a.leg - b.leg),
    dialStatus: decode(channel.variables.get('DIALSTATUS') ?? ''),
    variables: Object.fromEntries(
      channel.variables
        .names()
        .sort()
        .map((name) => [decode(name), decode(channel.variables.get(name)!)])
    )
  }
}

function endpointOf(scene: Scene, name: string | undefined): Endpoint | undefined {
  if (name === undefined) return undefined
  const found = scene.endpoints.endpoints.get(encode(name))
  if (found) return found
  const names = [...scene.endpoints.endpoints.keys()].map(decode)
  throw new UsageError(`There is no endpoint ${name}`, { hint: hintOf(name, names) })
}

/** As many names as fit on a line or two. */
const shownNames = 12

function hintOf(name: string, names: readonly string[]): string {
  if (names.length === 0)
    return 'There is none in pjsip.conf and pjsip_wizard.conf of the folder: name the context with --context.'
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : ''
  return suggestion(name, names) ?? `There are ${names.slice(0, shownNames).join(', ')}${more}.`
}

function contextOf({ context, from, message }: CallOptions, endpoint: Endpoint | undefined): string {
  if (context !== undefined) return context
  if (!endpoint)
    throw new UsageError('A trace needs a context, or the endpoint that calls', { hint: '--context NAME or --from ENDPOINT' })
  const own = settingOf(endpoint, 'context') ?? 'default'
  const found = message === undefined ? own : settingOf(endpoint, 'message_context') || own
  if (found === '') throw new UsageError(`The endpoint ${from} has no context`)
  return decode(found)
}

function makeChannel(options: CallOptions, endpoint: Endpoint | undefined, context: string): Channel {
  const name = options.message === undefined ? `PJSIP/${endpoint?.name ?? 'caller'}-00000000` : 'Message/ast_msg_queue'
  const channel = new Channel(
    name,
    '1.0',
    encode(context),
    encode(options.number),
    options.message === undefined ? endpoint : undefined
  )
  channel.priority = options.priority ?? 1
  const caller = splitCallerId(encode(options.callerId ?? '') || (endpoint && settingOf(endpoint, 'callerid')) || '')
  channel.callerNumber = caller.number
  channel.callerName = caller.name
  for (const setting of endpoint?.settings.get('set_var') ?? []) {
    const equals = setting.indexOf('=')
    if (equals > 0 && options.message === undefined) channel.variables.set(setting.slice(0, equals), setting.slice(equals + 1))
  }
  if (options.message !== undefined) channel.message = messageOf(options, endpoint)
  for (const [variable, value] of options.variables ?? []) channel.variables.set(encode(variable), encode(value))
  return channel
}

/** What MESSAGE() says of a message that has just come in. */
function messageOf({ message, number }: CallOptions, endpoint: Endpoint | undefined): Map<string, string> {
  const user = endpoint?.name ?? 'caller'
  return new Map([
    ['to', `pjsip:${encode(number)}@pbx.invalid`],
    ['from', `<sip:${user}@pbx.invalid>`],
    ['body', encode(message ?? '')]
  ])
}

function encodeResults(results: CallOptions['results']): Map<string, ApplicationResult> {
  const encoded = [...(results ?? [])].map(([name, { variables, endsCall }]) => {
    const values = variables.map(([variable, value]) => [encode(variable), encode(value)] as const)
    return [name.toLowerCase(), { variables: values, endsCall }] as const
  })
  return new Map(encoded)
}

function statuses(dial: readonly string[]): { statusOf: Map<string, string>; statuses: string[] } {
  const statusOf = new Map<string, string>()
  const inOrder: string[] = []
  for (const one of dial) {
    const equals = one.lastIndexOf('=')
    if (equals < 0) inOrder.push(one.toUpperCase())
    else statusOf.set(encode(one.slice(0, equals)), one.slice(equals + 1).toUpperCase())
  }
  return { statusOf, statuses: inOrder }
}
