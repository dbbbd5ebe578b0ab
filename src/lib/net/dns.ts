import dns from 'node:dns'
import { ConnectError } from '../errors.js'

export interface FoundAddress {
  address: string
  family: 4 | 6
  /** So long it may be kept, in seconds. */
  ttlS: number
}

/** SRV (RFC 2782). */
export interface ServiceRecord {
  priority: number
  weight: number
  port: number
  /** Without a dot at its end; '' says that the service is not offered. */
  name: string
}

/** NAPTR (RFC 3403). */
export interface NaptrRecord {
  order: number
  preference: number
  flags: string
  service: string
  replacement: string
}

/** Answers of a name server. Injected, so that tests need none. */
export interface Dns {
  /** In the order in which they are to be tried. @throws ConnectError when there is none */
  addresses(host: string): Promise<FoundAddress[]>
  /** Empty when there is none, or nobody answers. */
  services(name: string): Promise<ServiceRecord[]>
  /** Empty when there is none, or nobody answers. */
  naptr(name: string): Promise<NaptrRecord[]>
}

// getaddrinfo tells no TTL, and is asked because it knows /etc/hosts. The system's own resolver caches behind it.
const systemTtlS = 30
// Two tries of 2 s: a name server that needs longer is no use to a caller who waits 10 s.
const timeoutMs = 2000
const tries = 2

/** The name servers of this machine, or the given ones (`192.0.2.1`, `127.0.0.1:5353`). */
export function systemDns(servers?: readonly string[]): Dns {
  const resolver = new dns.promises.Resolver({ timeout: timeoutMs, tries })
  if (servers) resolver.setServers(servers)
  return {
    addresses: (host) => (servers ? askForAddresses(resolver, host) : lookUp(host)),
    services: async (name) => {
      const records = await resolver.resolveSrv(name).catch(() => [])
      return records.map((record) => ({ ...record, name: record.name.replace(/\.$/, '') }))
    },
    naptr: async (name) => {
      const records = await resolver.resolveNaptr(name).catch(() => [])
      return records.map(({ flags, service, replacement, order, preference }) => ({
        ...{ flags, service, order, preference },
        replacement: replacement.replace(/\.$/, '')
      }))
    }
  }
}

async function lookUp(host: string): Promise<FoundAddress[]> {
  try {
    const found = await dns.promises.lookup(host, { all: true, verbatim: true })
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4, ttlS: systemTtlS }))
  } catch (cause) {
    throw noAddress(host, cause)
  }
}

async function askForAddresses(resolver: dns.promises.Resolver, host: string): Promise<FoundAddress[]> {
  const [v6, v4] = await Promise.allSettled([resolver.resolve6(host, { ttl: true }), resolver.resolve4(host, { ttl: true })])
  const of = (result: typeof v4, family: 4 | 6): FoundAddress[] =>
    result.status === 'fulfilled' ? result.value.map(({ address, ttl }) => ({ address, family, ttlS: ttl })) : []
  const found = [...of(v6, 6), ...of(v4, 4)]
  if (found.length === 0) throw noAddress(host, v4.status === 'rejected' ? v4.reason : undefined)
  return found
}

function noAddress(host: string, cause: unknown): ConnectError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'ENODATA'
  const isMissing = /^(ENOTFOUND|ENODATA)$/.test(code)
  return new ConnectError(`Cannot find the address of ${host}: ${code}`, {
    cause,
    details: { reason: code },
    hint: isMissing ? 'There is no such host name.' : 'The name server did not answer.'
  })
}
