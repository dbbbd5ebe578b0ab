import net from 'node:net'

/** Is it an IPv4 or IPv6 address, without brackets? */
export function isIpAddress(text: string): boolean {
  return net.isIP(text) !== 0
}

export function isIpv6(text: string): boolean {
  return net.isIPv6(text)
}
