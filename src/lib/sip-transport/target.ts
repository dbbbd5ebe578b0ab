import { formatAddress } from '../net/address.js'

/** What SIP is sent over (RFC 3261 18, RFC 7118). */
export const sipTransports = ['udp', 'tcp', 'tls', 'ws', 'wss'] as const
export type SipTransport = (typeof sipTransports)[number]

/** One place that a request can be sent to: the end of RFC 3263. */
export interface SipTarget {
  transport: SipTransport
  /** An IP address, without brackets, as the system writes it: what comes from it is known by this text. */
  address: string
  port: number
  /** The host of the URI: the name that a certificate has to have (RFC 5922 4), and SNI. */
  serverName: string
}

export function isSecure(transport: SipTransport): boolean {
  return transport === 'tls' || transport === 'wss'
}

/** RFC 3261 19.1.2; RFC 7118 5.2 has the ports of HTTP. */
export function defaultPort(transport: SipTransport): number {
  return { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 }[transport]
}

/** As messages call it, and as one target differs from another: `udp 192.0.2.1:5060`. */
export function targetName({ transport, address, port }: Pick<SipTarget, 'transport' | 'address' | 'port'>): string {
  return `${transport} ${formatAddress({ host: address, port })}`
}
