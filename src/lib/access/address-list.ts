import ipaddr from 'ipaddr.js'
import { ConfigError } from '../errors.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Some hundred bytes each: more machines than any Asterisk park has. */
const maxKnown = 1_000

/** Addresses and networks that a client may come from. An IPv4 address is the same however it is written, `::ffff:192.0.2.1` included. */
export class AddressList {
  readonly #networks: readonly [Address, number][]
  /** Most connections come from where others came from: to read an address costs more than all else that is done with a new connection. */
  readonly #known = new Map<string, boolean>()

  /**
   * @param entries `192.0.2.1`, `192.0.2.0/24`, `192.0.2.0/255.255.255.0` (as in manager.conf), `2001:db8::/32`; none: everybody
   * @param where the place in the configuration, for messages
   * @throws ConfigError for an entry that is none of these
   */
  constructor(entries: readonly string[], where: string) {
    this.#networks = entries.map((entry) => {
      const network = parseNetwork(entry.trim())
      if (!network)
        throw new ConfigError(`${where}: "${entry}" is neither an address nor a network`, { hint: 'Write 192.0.2.0/24.' })
      return network
    })
  }

  /** @param address as the socket says it, a zone (`%eth0`) included */
  permits(address: string): boolean {
    if (this.#networks.length === 0) return true
    const known = this.#known.get(address)
    if (known !== undefined) return known
    const isPermitted = this.#judge(address)
    // A flood from many addresses must not fill the memory.
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.set(address, isPermitted)
    return isPermitted
  }

  #judge(address: string): boolean {
    const peer = parseAddress(address.replace(/%.*$/, ''))
    return (
      peer !== undefined && this.#networks.some(([network, bits]) => peer.kind() === network.kind() && peer.match(network, bits))
    )
  }
}

/** An address in its shortest form, IPv4 for an IPv4-mapped one. Undefined for what is none, old forms (`10.1`, `010.0.0.1`) included. */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined
  const address = ipaddr.IPv6.parse(text)
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}

function parseNetwork(text: string): [Address, number] | undefined {
  const slash = text.indexOf('/')
  const written = slash < 0 ? text : text.slice(0, slash)
  const network = parseAddress(written)
  if (!network) return undefined
  const all = network.kind() === 'ipv4' ? 32 : 128
  if (slash < 0) return [network, all]
  const mask = text.slice(slash + 1)
  if (mask.includes('.')) {
    const bits =
      all === 32 && ipaddr.IPv4.isValidFourPartDecimal(mask) ? ipaddr.IPv4.parse(mask).prefixLengthFromSubnetMask() : null
    return bits === null ? undefined : [network, bits]
  }
  if (!/^\d{1,3}$/.test(mask)) return undefined
  // The prefix of an IPv4-mapped network counts the 96 bits before it.
  const bits = Number(mask) - (all === 32 && written.includes(':') ? 96 : 0)
  return bits >= 0 && bits <= all ? [network, bits] : undefined
}
