import assert from 'node:assert/strict'
import { ConnectError, DataError } from '../../../src/lib/errors.js'
import type { Dns } from '../../../src/lib/net/dns.js'
import { parseUri, type SipUri } from '../../../src/lib/sip/uri.js'
import { resolveTargets } from '../../../src/lib/sip-transport/resolve.js'
import { texts } from '../fixtures.js'
import type { Random } from '../random.js'
import { type FuzzTarget, outcomeLater } from '../target.js'

/** What the largest domain may cost: NAPTR and three SRV, the SRV of eight names, the addresses of 32 hosts each. */
const maxQuestions = 4 + 8 + 8 * 32

/** A name server whose answers are made of the lines of the input, of any number and form. */
function hostileDns(lines: readonly string[], random: Random): { dns: Dns; asked: () => number } {
  let asked = 0
  const number = () => random.of([0, 1, 5060, 65_535, random.below(65_536)])
  const some = <T>(make: () => T) => {
    if (++asked > maxQuestions) throw new Error(`${asked} questions`)
    return Array.from({ length: random.of([0, 1, 3, 40, 300]) }, make)
  }
  const name = () => random.of(lines)
  return {
    asked: () => asked,
    dns: {
      addresses: async () =>
        some(() => ({
          address: random.of(['192.0.2.1', '::1', '0.0.0.0', name()]),
          family: random.of([4, 6] as const),
          ttlS: number()
        })),
      services: async () => some(() => ({ priority: number(), weight: number(), port: number(), name: name() })),
      naptr: async () =>
        some(() => ({
          ...{ order: number(), preference: number(), flags: random.of(['s', 'S', 'a', 'u', '']) },
          ...{ service: random.of(['SIP+D2U', 'SIP+D2T', 'SIPS+D2T', name()]), replacement: name() }
        }))
    }
  }
}

export const dnsTargets: FuzzTarget[] = [
  {
    name: 'sip-dns-answers',
    promise:
      'whatever NAPTR, SRV and addresses say: at most 32 targets with a port, a bounded number of questions, or ConnectError or DataError',
    corpus: () => texts('_sip._udp.example.org\nhost.example.org\n\n.\n192.0.2.1', `${'a.'.repeat(120)}org\n\0\nexample.org`),
    words: ['_sip._udp.', '\n', '.', '::', '127.0.0.1'],
    async check(input, random) {
      const { dns, asked } = hostileDns(input.toString('latin1').split('\n'), random)
      const uri = parseUri(random.of(['sip:a@example.org', 'sips:a@example.org', 'sip:a@example.org;transport=tcp'])) as SipUri
      const found = await outcomeLater(() => resolveTargets(uri, { dns, random: () => random.next() }), ConnectError, DataError)
      assert(asked() <= maxQuestions, `${asked()} questions`)
      if (!('value' in found)) return
      assert(found.value.length <= 32, `${found.value.length} targets`)
      for (const { port, transport } of found.value) {
        assert(port > 0 && port < 65_536, `port ${port}`)
        assert(uri.scheme !== 'sips' || transport === 'tls', `sips: over ${transport}`)
      }
    }
  }
]
