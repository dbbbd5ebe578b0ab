import { ConnectError, DataError } from '../errors.js'
import type { Dns, NaptrRecord, ServiceRecord } from '../net/dns.js'
import { isIpAddress, usualForm } from '../net/ip-address.js'
import type { SipUri } from '../sip/uri.js'
import { type Overrides, overrideOf } from './overrides.js'
import { orderServices } from './service-order.js'
import { defaultPort, type SipTarget, type SipTransport, sipTransports, targetName } from './target.js'

export interface ResolveOptions {
  dns: Dns
  /** `--resolve`. */
  overrides?: Overrides | undefined
  /** Addresses of this family only. */
  family?: 4 | 6 | undefined
  /** What may be used where the URI leaves it open, best first. */
  transports?: readonly SipTransport[] | undefined
  /** From 0 to below 1, for the weights of SRV. */
  random?: (() => number) | undefined
}

// What the URI leaves open is asked for in NAPTR and SRV; WebSockets have no SRV (RFC 7118 5.3).
const openTransports: readonly SipTransport[] = ['udp', 'tcp', 'tls']

// A name with more addresses than this is no server; every one may cost a time-out.
const maxTargets = 32
// Each is asked for: an answer with thousands of records, of which each leads to thousands, is no domain but an attack.
const maxServiceNames = 8

const serviceNames: Record<SipTransport, string> = {
  udp: '_sip._udp',
  tcp: '_sip._tcp',
  tls: '_sips._tcp',
  ws: '_sip._ws',
  wss: '_sips._ws'
}

/** NAPTR services of RFC 3263 4.1 and RFC 7118. */
const naptrServices: Record<string, SipTransport> = {
  'sip+d2u': 'udp',
  'sip+d2t': 'tcp',
  'sips+d2t': 'tls',
  'sip+d2w': 'ws',
  'sips+d2w': 'wss'
}

/**
 * Where a URI leads to (RFC 3263 4): all targets, in the order in which they are to be tried. An address is itself; a port or `transport=`
 * decides what they say; NAPTR, then SRV, then addresses for what is left open. `sips:` never leaves TLS.
 * @throws DataError for a URI that contradicts itself, ConnectError when the name leads nowhere
 */
export async function resolveTargets(uri: SipUri, options: ResolveOptions): Promise<SipTarget[]> {
  const asked = transportOf(uri)
  if (uri.port === 0) throw new DataError('Nobody listens on port 0')
  const host = uri.parameters.get('maddr') || uri.host
  const bare = host.replace(/^\[|\]$/g, '')
  const serverName = uri.host.replace(/^\[|\]$/g, '')
  const fixed = asked ?? (uri.scheme === 'sips' ? 'tls' : undefined)
  if (isIpAddress(bare)) {
    const transport = fixed ?? 'udp'
    return [{ transport, address: usualForm(bare), port: uri.port ?? defaultPort(transport), serverName }]
  }
  const override = overrideOf(options.overrides ?? new Map(), host, uri.port ?? defaultPort(fixed ?? 'udp'))
  if (override !== undefined || uri.port !== undefined || isLocalName(host)) {
    const transport = fixed ?? 'udp'
    return addressTargets(host, transport, uri.port ?? defaultPort(transport), serverName, options)
  }
  const transports = fixed ? [fixed] : (options.transports ?? openTransports)
  const services = await findServices(host, transports, asked === undefined, options)
  if (services.length === 0) {
    // RFC 3263 4.2: no SRV. The default of the scheme, or the one that was asked for.
    const transport = fixed ?? (transports.includes('udp') ? 'udp' : transports[0]!)
    return addressTargets(host, transport, defaultPort(transport), serverName, options)
  }
  return serviceTargets(host, services, serverName, options)
}

/** The transport that a URI names. @throws DataError */
export function transportOf(uri: SipUri): SipTransport | undefined {
  const text = uri.parameters.get('transport')?.toLowerCase()
  if (text === undefined) return undefined
  const transport = sipTransports.find((one) => one === text)
  if (!transport) throw new DataError(`There is no transport "${text}"`, { hint: `It is one of ${sipTransports.join(', ')}.` })
  if (uri.scheme !== 'sips') return transport
  if (transport === 'udp') throw new DataError('sips: is TLS, and there is none over UDP')
  // RFC 3261 26.2.2: sips over tcp is TLS over TCP.
  return transport === 'ws' ? 'wss' : transport === 'tcp' ? 'tls' : transport
}

/** RFC 6761 6.3: no name server knows them. */
function isLocalName(host: string): boolean {
  return /(^|\.)localhost\.?$/i.test(host)
}

interface Service {
  transport: SipTransport
  record: ServiceRecord
}

/** NAPTR and the SRV names are asked for at the same time: where there is no NAPTR, which is usual, nobody waits twice. */
async function findServices(host: string, transports: readonly SipTransport[], asksNaptr: boolean, options: ResolveOptions) {
  const { dns, random = Math.random } = options
  const [naptr, direct] = await Promise.all([
    asksNaptr ? dns.naptr(host) : [],
    Promise.all(transports.map((transport) => dns.services(`${serviceNames[transport]}.${host}`)))
  ])
  const chosen = chooseNaptr(naptr, transports)
  if (chosen.length === 0) {
    return transports.flatMap((transport, i) =>
      orderServices(direct[i]!, random, maxTargets).map((record): Service => ({ transport, record }))
    )
  }
  const found = await Promise.all(chosen.map(({ replacement }) => dns.services(replacement)))
  return chosen.flatMap(({ transport }, i) =>
    orderServices(found[i]!, random, maxTargets).map((record): Service => ({ transport, record }))
  )
}

/** RFC 3263 4.1: those with a transport that we may use and an SRV name (flag s), in their order. */
function chooseNaptr(records: readonly NaptrRecord[], transports: readonly SipTransport[]) {
  return records
    .filter(({ flags, replacement }) => flags.toLowerCase() === 's' && replacement !== '')
    .flatMap((record) => {
      const transport = naptrServices[record.service.toLowerCase()]
      if (!transport || !transports.includes(transport)) return []
      return [{ transport, ...record }]
    })
    .sort((a, b) => a.order - b.order || a.preference - b.preference)
    .slice(0, maxServiceNames)
}

async function serviceTargets(host: string, services: readonly Service[], serverName: string, options: ResolveOptions) {
  const offered = services.filter(({ record }) => record.name !== '' && record.port !== 0).slice(0, maxTargets)
  if (offered.length === 0) throw new ConnectError(`${host} says in its DNS that it offers no SIP`)
  const settled = await Promise.allSettled(
    offered.map(({ transport, record }) => addressTargets(record.name, transport, record.port, serverName, options))
  )
  const targets = settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  if (targets.length === 0) throw (settled[0] as PromiseRejectedResult).reason
  return distinct(targets)
}

async function addressTargets(
  host: string,
  transport: SipTransport,
  port: number,
  serverName: string,
  { dns, overrides = new Map(), family }: ResolveOptions
): Promise<SipTarget[]> {
  const override = overrideOf(overrides, host, port)
  if (override !== undefined) return [{ transport, address: usualForm(override), port, serverName }]
  const found = (await dns.addresses(host)).filter((one) => family === undefined || one.family === family)
  if (found.length === 0) throw new ConnectError(`${host} has no IPv${family} address`)
  return distinct(found.map(({ address }) => ({ transport, address, port, serverName })))
}

function distinct(targets: readonly SipTarget[]): SipTarget[] {
  return [...new Map(targets.map((target) => [targetName(target), target])).values()].slice(0, maxTargets)
}
