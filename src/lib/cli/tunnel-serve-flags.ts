import os from 'node:os'
import { AddressList } from '../access/address-list.js'
import { MetricsAccess } from '../access/metrics-access.js'
import { DataError, UsageError } from '../errors.js'
import { parseAddress } from '../net/address.js'
import { authenticatedParties } from '../tunnel-server/authenticator.js'
import { userSources } from '../tunnel-server/find-user.js'
import { secondLogins } from '../tunnel-server/local-tunnels.js'
import { protocol1Forms, type TunnelServerOptions } from '../tunnel-server/options.js'
import { durationFlag } from './base-command.js'
import { Flags } from './oclif.js'

const clients = { helpGroup: 'TUNNELS' } as const
const asterisk = { helpGroup: 'ASTERISK' } as const
const guard = { helpGroup: 'GUARD' } as const
const authenticator = { helpGroup: 'AUTHENTICATOR' } as const

/** How the public side of the tunnel serves. A setting that the original had is named in brackets. */
export const tunnelServeFlags = {
  listen: Flags.string({
    description: 'where tunnels come in (adhearsion_listen_on, adhearsion_port); repeatable, port 0 picks one',
    helpValue: 'HOST:PORT',
    multiple: true,
    default: [':20000'],
    ...clients
  }),
  'tls-cert': Flags.string({
    description: 'PEM file with certificate and key; a self-signed one is safe',
    helpValue: 'FILE',
    ...clients
  }),
  'tls-key': Flags.string({
    description: 'PEM file with the key, when it is not with the certificate',
    helpValue: 'FILE',
    ...clients
  }),
  'accept-unencrypted': Flags.boolean({ description: 'take clients without TLS from other machines, too', ...clients }),
  'protocol-1': Flags.boolean({
    description: 'take clients of the original, whose logins can be replayed (default: from this machine and inside TLS)',
    allowNo: true,
    ...clients
  }),
  'protocol-1-form': Flags.option({
    options: protocol1Forms,
    default: 'improved',
    description: 'what they get: accepted at once and headers in order, accepted when a call comes, or every byte as of old',
    ...clients
  })(),
  'second-login': Flags.option({
    options: secondLogins,
    default: 'join',
    description:
      'a further tunnel of a user joins the others, or takes over: then the others take no more calls (one connection a user)',
    ...clients
  })(),
  'public-address': Flags.string({
    description: 'what the metadata at /component/1.0 and /component/2.0 say (connect_to); default: where the client has asked',
    helpValue: 'HOST:PORT',
    ...clients
  }),
  notice: Flags.string({ description: 'a message to clients, in the metadata and at the login', helpValue: 'TEXT', ...clients }),
  'upgrade-text': Flags.string({
    description: 'what a client of a version that is not served is told',
    helpValue: 'TEXT',
    default: 'use pbxkit agi tunnel with protocol 2',
    ...clients
  }),
  'metrics-allow': Flags.string({
    description: 'who may read /metrics: address or network; repeatable, none: nobody',
    helpValue: 'CIDR',
    multiple: true,
    default: ['127.0.0.0/8', '::1'],
    ...clients
  }),
  'max-tunnels': Flags.integer({
    description: 'connections on that port; half of them from one address',
    default: 20_000,
    min: 2,
    ...clients
  }),
  'max-tunnels-per-user': Flags.integer({ description: 'more are told to wait', default: 16, min: 1, ...clients }),
  'max-calls-per-user': Flags.integer({ description: 'more FAIL as busy', default: 256, min: 1, ...clients }),
  'agi-listen': Flags.string({
    description: 'where Asterisk comes in (asterisk_listen_on, asterisk_port); repeatable, port 0 picks one',
    helpValue: 'HOST:PORT',
    multiple: true,
    default: ['127.0.0.1:4574'],
    ...asterisk
  }),
  'agi-allow': Flags.string({
    description: 'address or network of an Asterisk: whoever reaches it chooses the user; repeatable',
    helpValue: 'CIDR',
    multiple: true,
    default: ['127.0.0.0/8', '::1'],
    ...asterisk
  }),
  'user-from': Flags.option({
    options: userSources,
    default: 'variable',
    description: 'whose call it is: SANDBOX_USERNAME, the first argument of AGI(), or agi://host/NAME',
    ...asterisk
  })(),
  'connect-grace': durationFlag({
    description: 'how long a call waits for a tunnel that is not there',
    default: 3_000,
    defaultHelp: async () => '3',
    ...asterisk
  }),
  'hangup-grace': durationFlag({
    description: 'how long an application may go on after the caller hung up',
    default: 30_000,
    defaultHelp: async () => '30',
    ...asterisk
  }),
  'idle-limit': durationFlag({
    description: 'give an application up that says nothing for so long; without it, never',
    ...asterisk
  }),
  authenticator: Flags.boolean({
    description: 'look SIP users up for the dialplan at agi://HOST/authenticate; see agi tunnel dialplan',
    ...authenticator
  }),
  'authenticator-listen': Flags.string({
    description: 'a port of its own for it; repeatable',
    helpValue: 'HOST:PORT',
    multiple: true,
    ...authenticator
  }),
  authenticate: Flags.option({
    options: authenticatedParties,
    default: 'called',
    description: 'whose SIP user it looks up, unless AGI() has an argument that says it',
    ...authenticator
  })(),
  'unknown-user-sound': Flags.string({
    description: 'sound file of Asterisk for who is not known',
    helpValue: 'NAME',
    default: 'ss-noservice',
    ...authenticator
  }),
  'exec-allow': Flags.string({
    description: 'only these applications may be run by EXEC; without it, all but those known to be dangerous',
    helpValue: 'NAME,…',
    multiple: true,
    delimiter: ',',
    ...guard
  })
}

/** What a reload takes over from the configuration: the names of applications are a policy, which calls that go on keep. */
export const reloadableTunnelFlags: readonly string[] = [...Object.keys(tunnelServeFlags), 'timeout', 'drain-timeout']

/** The values of those flags. */
export interface TunnelServeFlagValues {
  listen: string[]
  'tls-cert': string | undefined
  'tls-key': string | undefined
  'accept-unencrypted': boolean
  'protocol-1': boolean | undefined
  'protocol-1-form': (typeof protocol1Forms)[number]
  'second-login': (typeof secondLogins)[number]
  'public-address': string | undefined
  notice: string | undefined
  'upgrade-text': string
  'metrics-allow': string[]
  authenticator: boolean
  'authenticator-listen': string[] | undefined
  authenticate: (typeof authenticatedParties)[number]
  'unknown-user-sound': string
  'max-tunnels': number
  'max-tunnels-per-user': number
  'max-calls-per-user': number
  'agi-listen': string[]
  'agi-allow': string[]
  'user-from': (typeof userSources)[number]
  'connect-grace': number
  'hangup-grace': number
  'idle-limit': number | undefined
  'exec-allow': string[] | undefined
  'drain-timeout': number
}

/** @throws UsageError where nobody could come in, or anybody could listen */
export async function tunnelServerOptions(flags: TunnelServeFlagValues, version: string): Promise<TunnelServerOptions> {
  const { 'tls-cert': certFile, 'tls-key': keyFile, 'exec-allow': execAllow, 'accept-unencrypted': acceptUnencrypted } = flags
  const listen = flags.listen.map(parseAddress)
  const loopback = new AddressList(['127.0.0.0/8', '::1'], 'loopback')
  const isOpen = ({ host }: { host: string }) => host !== 'localhost' && !loopback.permits(host)
  if (certFile === undefined && !acceptUnencrypted && listen.some(isOpen)) {
    throw new UsageError('--tls-cert is missing: other machines may only come in with TLS', {
      hint: 'Make one with pbxkit keygen --type tls, listen on 127.0.0.1, or give --accept-unencrypted.'
    })
  }
  const authenticatorListen = flags['authenticator-listen'] ?? []
  const isAuthenticating = flags.authenticator || authenticatorListen.length > 0
  const { CommandPolicy } = await import('../agi/policy.js')
  return {
    listen,
    agiListen: flags['agi-listen'].map(parseAddress),
    agiAllow: flags['agi-allow'],
    tls: certFile === undefined ? undefined : { certFile, keyFile },
    acceptUnencrypted,
    protocol1: flags['protocol-1'],
    protocol1Form: flags['protocol-1-form'],
    secondLogin: flags['second-login'],
    metadata: { publicAddress: publicAddress(flags['public-address']), message: oneLine(flags.notice, '--notice') },
    upgradeText: oneLine(flags['upgrade-text'], '--upgrade-text'),
    metricsAllow: new MetricsAccess(flags['metrics-allow']),
    ...(isAuthenticating && { authenticator: { party: flags.authenticate, sound: soundName(flags['unknown-user-sound']) } }),
    authenticatorListen: authenticatorListen.map(parseAddress),
    version,
    userFrom: flags['user-from'],
    connectGraceMs: flags['connect-grace'],
    hangupGraceMs: flags['hangup-grace'],
    idleLimitMs: flags['idle-limit'],
    drainMs: flags['drain-timeout'],
    maxTunnels: flags['max-tunnels'],
    maxTunnelsPerUser: flags['max-tunnels-per-user'],
    maxCallsPerUser: flags['max-calls-per-user'],
    guard: { policy: new CommandPolicy(execAllow ? { applications: { allow: execAllow } } : {}) },
    serverName: os.hostname()
  }
}

function publicAddress(text: string | undefined) {
  if (text === undefined) return undefined
  const address = parseAddress(text)
  if (address.host === '::' || address.port === 0)
    throw new UsageError(`--public-address ${text} is nowhere to connect to`, { hint: 'Write tunnel.example.org:20000.' })
  return address
}

/** What goes into a line of the protocol. */
function oneLine(text: string | undefined, flag: string): string | undefined {
  if (text !== undefined && (/[\x00-\x1f\x7f]/.test(text) || text.length > 200))
    throw new UsageError(`${flag} is one line of 200 characters at most`)
  return text
}

/** As STREAM FILE takes it: relative to Asterisk's sounds, or a path. @throws DataError */
export function soundName(text: string): string {
  if (!/^[\w./-]{1,200}$/.test(text))
    throw new DataError(`${JSON.stringify(text)} is no name of a sound file`, {
      hint: 'Letters, digits, ., /, _ and -, as in custom/nobody-there.'
    })
  return text
}
