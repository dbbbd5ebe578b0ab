import { parseAddress as parseListenAddress } from '../net/address.js'
import { systemDns } from '../net/dns.js'
import { defaultTimers } from '../sip/transport.js'
import { parseOverrides } from '../sip-transport/overrides.js'
import type { UdpBind } from '../sip-transport/udp-flow.js'
import { UserAgent } from '../uac/user-agent.js'
import type { Interfaces } from './oclif.js'
import type { sipFlags } from './sip-flags.js'
import { ladderRung } from './sip-ladder.js'

export type SipFlagValues = Interfaces.InferredFlags<typeof sipFlags> & { timeout: number }

/**
 * The user agent that the flags of SIP describe.
 * @param udp `shared` where requests of others than the server are to be heard
 * @param bind instead of --bind
 */
export function openSipAgent(
  flags: SipFlagValues,
  udp: 'connected' | 'shared',
  note: (message: string) => void,
  bind: UdpBind | undefined = flags.bind === undefined ? undefined : readBind(flags.bind)
): UserAgent {
  if (flags.insecure) note('the certificate is not verified (--insecure): anybody in between can read and change everything')
  const startMs = performance.now()
  return new UserAgent({
    bind,
    // One port for several peers cannot be connected to each, and a connected one hears nobody else.
    udp: bind?.port || flags['any-source'] ? 'shared' : udp,
    anySource: flags['any-source'],
    tls: {
      ...{ caFile: flags['tls-ca'], pin: flags['tls-pin'], insecure: flags.insecure },
      ...{ certFile: flags['tls-cert'], keyFile: flags['tls-key'] },
      ...(flags['tls-min'] && { minVersion: `TLSv${flags['tls-min']}` })
    },
    webSocketPath: flags['ws-path'],
    connectTimeoutMs: flags.timeout,
    dns: systemDns(flags['dns-server']),
    overrides: parseOverrides(flags.resolve ?? []),
    family: flags.ipv4 ? 4 : flags.ipv6 ? 6 : undefined,
    timers: {
      ...defaultTimers,
      ...(flags.t1 && { t1Ms: flags.t1 }),
      ...(flags.t2 && { t2Ms: flags.t2 }),
      ...(flags.t4 && { t4Ms: flags.t4 })
    },
    userAgent: flags['user-agent'],
    ...(flags.trace && { onWire: (event) => process.stderr.write(ladderRung(event, performance.now() - startMs)) })
  })
}

/** @throws UsageError */
function readBind(text: string): UdpBind {
  if (/^(\d{1,3}(\.\d{1,3}){3}|\[[^\]]+\])$/.test(text)) return { host: text.replace(/^\[|\]$/g, '') }
  const { host, port } = parseListenAddress(text)
  return { ...(host !== '::' && { host }), port }
}
