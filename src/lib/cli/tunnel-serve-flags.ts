import os from 'node:os'
import { AddressList } from '../access/address-list.js'
import { UsageError } from '../errors.js'
import { parseAddress } from '../net/address.js'
import { userSources } from '../tunnel-server/find-user.js'
import type { TunnelServerOptions } from '../tunnel-server/options.js'
import { durationFlag } from './base-command.js'
import { Flags } from './oclif.js'

const clients = { helpGroup: 'TUNNELS' } as const
const asterisk = { helpGroup: 'ASTERISK' } as const
const guard = { helpGroup: 'GUARD' } as const

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
  'protocol-1': Flags.boolean({ description: 'take clients of the original, whose logins can be replayed', ...clients }),
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
  'exec-allow': Flags.string({
    description: 'only these applications may be run by EXEC; without it, all but those known to be dangerous',
    helpValue: 'NAME,…',
    multiple: true,
    delimiter: ',',
    ...guard
  })
}

/** The values of those flags. */
export interface TunnelServeFlagValues {
  listen: string[]
  'tls-cert': string | undefined
  'tls-key': string | undefined
  'accept-unencrypted': boolean
  'protocol-1': boolean
  'max-tunnels-per-user': number
  'max-calls-per-user': number
  'agi-listen': string[]
  'agi-allow': string[]
  'user-from': (typeof userSources)[number]
  'connect-grace': number
  'hangup-grace': number
  'exec-allow': string[] | undefined
  'drain-timeout': number
}

/** @throws UsageError where nobody could come in, or anybody could listen */
export async function tunnelServerOptions(flags: TunnelServeFlagValues): Promise<TunnelServerOptions> {
  const { 'tls-cert': certFile, 'tls-key': keyFile, 'exec-allow': execAllow, 'accept-unencrypted': acceptUnencrypted } = flags
  const listen = flags.listen.map(parseAddress)
  const loopback = new AddressList(['127.0.0.0/8', '::1'], 'loopback')
  const isOpen = ({ host }: { host: string }) => host !== 'localhost' && !loopback.permits(host)
  if (certFile === undefined && !acceptUnencrypted && listen.some(isOpen)) {
    throw new UsageError('--tls-cert is missing: other machines may only come in with TLS', {
      hint: 'Make one with pbxkit keygen --type tls, listen on 127.0.0.1, or give --accept-unencrypted.'
    })
  }
  const { CommandPolicy } = await import('../agi/policy.js')
  return {
    listen,
    agiListen: flags['agi-listen'].map(parseAddress),
    agiAllow: flags['agi-allow'],
    tls: certFile === undefined ? undefined : { certFile, keyFile },
    acceptUnencrypted,
    protocol1: flags['protocol-1'],
    userFrom: flags['user-from'],
    connectGraceMs: flags['connect-grace'],
    hangupGraceMs: flags['hangup-grace'],
    drainMs: flags['drain-timeout'],
    maxTunnelsPerUser: flags['max-tunnels-per-user'],
    maxCallsPerUser: flags['max-calls-per-user'],
    guard: { policy: new CommandPolicy(execAllow ? { applications: { allow: execAllow } } : {}) },
    serverName: os.hostname()
  }
}
