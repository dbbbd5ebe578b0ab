import { formatAddress } from '../net/address.js'
import { isIpAddress } from '../net/ip-address.js'
import type { SipReply } from '../sip/message.js'

/** Our address as the registrar saw it: `received` and `rport` of the Via that came back (RFC 3581); undefined when it does not say. */
export function seenAddress(reply: SipReply): string | undefined {
  const { via } = reply
  const { received, rport } = via
  if (received === undefined && rport === undefined) return undefined
  const host = (received ?? via.host).replace(/^\[|\]$/g, '')
  const port = rport ?? via.port
  if (!isIpAddress(host) || port === undefined) return undefined
  return formatAddress({ host, port })
}

/**
 * Is it worth registering under? A private address that a server of the Internet names comes from a broken gateway (ALG) in between; nobody out there can
 * reach it.
 */
export function isUsable(seen: string, serverAddress: string): boolean {
  return !isPrivate(hostOf(seen)) || isPrivate(serverAddress)
}

function hostOf(hostPort: string): string {
  return hostPort.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}

/** RFC 1918, 6598, 3927, 4193, 4291: addresses that mean something else elsewhere. */
export function isPrivate(address: string): boolean {
  if (/^(10|127)\.|^192\.168\.|^169\.254\./.test(address)) return true
  const [, a, b] = /^(\d+)\.(\d+)\./.exec(address) ?? []
  if (a === '172') return Number(b) >= 16 && Number(b) <= 31
  if (a === '100') return Number(b) >= 64 && Number(b) <= 127
  return /^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i.test(address)
}
