import { describe, expect, it } from 'vitest'
import { ConnectError, DataError } from '../../../../src/lib/errors.js'
import type { Dns, NaptrRecord, ServiceRecord } from '../../../../src/lib/net/dns.js'
import { parseUri, type SipUri } from '../../../../src/lib/sip/uri.js'
import { parseOverrides } from '../../../../src/lib/sip-transport/overrides.js'
import { resolveTargets } from '../../../../src/lib/sip-transport/resolve.js'

interface Zone {
  addresses?: Record<string, string[]>
  services?: Record<string, ServiceRecord[]>
  naptr?: Record<string, NaptrRecord[]>
}

/** A name server with a zone, and what it was asked. */
function dnsOf({ addresses = {}, services = {}, naptr = {} }: Zone): Dns & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    addresses: async (host) => {
      asked.push(`A ${host}`)
      const found = addresses[host]
      if (!found) throw new ConnectError(`no ${host}`)
      return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4, ttlS: 60 }))
    },
    services: async (name) => {
      asked.push(`SRV ${name}`)
      return services[name] ?? []
    },
    naptr: async (name) => {
      asked.push(`NAPTR ${name}`)
      return naptr[name] ?? []
    }
  }
}

const srv = (name: string, port: number, priority = 10, weight = 10): ServiceRecord => ({ name, port, priority, weight })
const naptr = (order: number, service: string, replacement: string): NaptrRecord => ({
  order,
  preference: 50,
  flags: 's',
  service,
  replacement
})

async function resolve(text: string, zone: Zone, more: Partial<Parameters<typeof resolveTargets>[1]> = {}) {
  const dns = dnsOf(zone)
  const targets = await resolveTargets(parseUri(text) as SipUri, { dns, random: () => 0.5, ...more })
  return {
    asked: dns.asked,
    targets: targets.map(({ transport, address, port }) => `${transport} ${address} ${port}`),
    full: targets
  }
}

const example = { addresses: { 'example.org': ['192.0.2.1'] } }

describe('a URI leads (RFC 3263)', () => {
  it('with an address to itself, and nobody is asked', async () => {
    expect(await resolve('sip:192.0.2.9', {})).toMatchObject({ asked: [], targets: ['udp 192.0.2.9 5060'] })
    // What comes back is known by the system's spelling.
    expect((await resolve('sip:[2001:DB8:0:0::1]', {})).targets).toEqual(['udp 2001:db8::1 5060'])
    const overrides = parseOverrides(['a.example.org:*:[2001:DB8:0:0::1]'])
    expect((await resolve('sip:a.example.org', {}, { overrides })).targets).toEqual(['udp 2001:db8::1 5060'])
    expect((await resolve('sips:a@192.0.2.9', {})).targets).toEqual(['tls 192.0.2.9 5061'])
    expect((await resolve('sip:[2001:db8::1]:5080;transport=tcp', {})).targets).toEqual(['tcp 2001:db8::1 5080'])
    expect((await resolve('sip:192.0.2.9;transport=ws', {})).targets).toEqual(['ws 192.0.2.9 80'])
  })

  it('with a port to the addresses of the name, without SRV', async () => {
    const { asked, targets } = await resolve('sip:example.org:5070', example)
    expect({ asked, targets }).toEqual({ asked: ['A example.org'], targets: ['udp 192.0.2.1 5070'] })
  })

  it('to what NAPTR and its SRV name, in the order of NAPTR', async () => {
    const zone: Zone = {
      naptr: {
        'example.org': [
          naptr(50, 'SIP+D2U', '_sip._udp.example.org'),
          naptr(10, 'SIPS+D2T', '_sips._tcp.example.org'),
          naptr(20, 'SIP+D2X', '_x.example.org')
        ]
      },
      services: { '_sip._udp.example.org': [srv('u.example.org', 5060)], '_sips._tcp.example.org': [srv('t.example.org', 5061)] },
      addresses: { 'u.example.org': ['192.0.2.2'], 't.example.org': ['192.0.2.3'] }
    }
    expect((await resolve('sip:example.org', zone)).targets).toEqual(['tls 192.0.2.3 5061', 'udp 192.0.2.2 5060'])
    expect((await resolve('sips:example.org', zone)).targets).toEqual(['tls 192.0.2.3 5061'])
  })

  it('without NAPTR to the SRV of each transport, by priority', async () => {
    const zone: Zone = {
      services: { '_sip._tcp.example.org': [srv('b.example.org', 5062, 20), srv('a.example.org', 5061, 10)] },
      addresses: { 'a.example.org': ['192.0.2.4', '2001:db8::4'], 'b.example.org': ['192.0.2.5'] }
    }
    const { targets, full } = await resolve('sip:example.org', zone)
    expect(targets).toEqual(['tcp 192.0.2.4 5061', 'tcp 2001:db8::4 5061', 'tcp 192.0.2.5 5062'])
    expect(full[0]!.serverName).toBe('example.org')
    expect((await resolve('sip:example.org', zone, { family: 6 })).targets).toEqual(['tcp 2001:db8::4 5061'])
  })

  it('with a transport to the SRV of it alone', async () => {
    const { asked } = await resolve('sip:example.org;transport=tcp', example)
    expect(asked).toEqual(['SRV _sip._tcp.example.org', 'A example.org'])
  })

  it('without any record but its address to the default port of UDP, or of TLS for sips', async () => {
    expect((await resolve('sip:example.org', example)).targets).toEqual(['udp 192.0.2.1 5060'])
    expect((await resolve('sips:example.org', example)).targets).toEqual(['tls 192.0.2.1 5061'])
  })

  it('to the servers that can be found when one of them cannot', async () => {
    const zone: Zone = {
      services: { '_sip._udp.example.org': [srv('gone.example.org', 5060, 1), srv('here.example.org', 5060, 2)] },
      addresses: { 'here.example.org': ['192.0.2.6'] }
    }
    expect((await resolve('sip:example.org', zone)).targets).toEqual(['udp 192.0.2.6 5060'])
  })

  it('nowhere where the SRV says that there is no such service', async () => {
    const zone: Zone = { ...example, services: { '_sip._udp.example.org': [srv('', 0)] } }
    await expect(resolve('sip:example.org', zone)).rejects.toThrow('offers no SIP')
  })

  it('to where --resolve says, with the name kept for its certificate', async () => {
    const overrides = parseOverrides(['example.org:5061:192.0.2.77', 'other.org:*:[2001:db8::7]'])
    const { asked, full } = await resolve('sips:example.org', {}, { overrides })
    expect({ asked, full }).toEqual({
      asked: [],
      full: [{ transport: 'tls', address: '192.0.2.77', port: 5061, serverName: 'example.org' }]
    })
    expect((await resolve('sip:OTHER.org:99', {}, { overrides })).targets).toEqual(['udp 2001:db8::7 99'])
  })

  it('to maddr, and never asks for SRV of localhost', async () => {
    const { targets, full } = await resolve('sips:example.org;maddr=192.0.2.8', {})
    expect({ targets, name: full[0]!.serverName }).toEqual({ targets: ['tls 192.0.2.8 5061'], name: 'example.org' })
    expect((await resolve('sip:localhost', { addresses: { localhost: ['127.0.0.1'] } })).asked).toEqual(['A localhost'])
  })

  it('nowhere for sips over UDP, and for a transport that there is not', async () => {
    await expect(resolve('sips:192.0.2.1;transport=udp', {})).rejects.toThrow(DataError)
    await expect(resolve('sip:192.0.2.1;transport=sctp', {})).rejects.toThrow('no transport "sctp"')
  })
})

it('what is no HOST:PORT:ADDRESS is refused', () => {
  for (const text of ['a:5060', 'a:b:192.0.2.1', 'a:5060:host', 'a:70000:192.0.2.1', ':1:192.0.2.1']) {
    expect(() => parseOverrides([text])).toThrow('is not HOST:PORT:ADDRESS')
  }
})

describe('an answer of the DNS that is an attack', () => {
  const many = Array.from({ length: 100 }, (_, n) => n)

  it('costs no more questions than a large domain does', async () => {
    const replacements = many.map((n) => `_sip._udp.r${n}.example.org`)
    const hosts = many.map((n) => srv(`h${n}.example.org`, 5060))
    const dns = dnsOf({
      naptr: { 'example.org': replacements.map((name, n) => naptr(n, 'SIP+D2U', name)) },
      services: Object.fromEntries(replacements.map((name) => [name, hosts])),
      addresses: {}
    })
    await expect(resolveTargets(parseUri('sip:example.org') as SipUri, { dns })).rejects.toThrow(ConnectError)
    expect(dns.asked.length).toBeLessThan(60)
  })

  it('names no port 0', async () => {
    const services = { '_sip._udp.example.org': [srv('a.example.org', 0, 1), srv('b.example.org', 5062, 2)] }
    const addresses = { 'a.example.org': ['192.0.2.1'], 'b.example.org': ['192.0.2.2'] }
    expect((await resolve('sip:example.org', { services, addresses })).targets).toEqual(['udp 192.0.2.2 5062'])
    await expect(resolve('sip:192.0.2.1:0', {})).rejects.toThrow(DataError)
    await expect(resolve('sip:example.org:0', { addresses: { 'example.org': ['192.0.2.1'] } })).rejects.toThrow(DataError)
  })
})
