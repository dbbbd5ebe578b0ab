import net from 'node:net'

/** Is it an IPv4 or IPv6 address, without brackets? */
export function isIpAddress(text: string): boolean {
  return net.isIP(text) !== 0
}

export function isIpv6(text: string): boolean {
  return net.isIPv6(text)
}

/** As the system writes it: `2001:DB8:0:0:0:0:0:1` is `2001:db8::1`. What names an interface (`%eth0`) stays as it is. @param address an IP address, without brackets */
export function usualForm(address: string): string {
  return isIpv6(address) && !address.includes('%') ? new net.SocketAddress({ address, family: 'ipv6' }).address : address
}
