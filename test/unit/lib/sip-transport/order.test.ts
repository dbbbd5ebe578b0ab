import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Blacklist } from '../../../../src/lib/sip-transport/blacklist.js'
import { cachedDns } from '../../../../src/lib/sip-transport/dns-cache.js'
import { orderServices } from '../../../../src/lib/sip-transport/service-order.js'
import type { SipTarget } from '../../../../src/lib/sip-transport/target.js'

describe('SRV records', () => {
  const record = fc.record({ priority: fc.nat(3), weight: fc.nat(100), port: fc.nat(65_535), name: fc.constant('a') })

  it('are all there, by priority, whatever is drawn', () => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 12 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        (records, draws) => {
          const ordered = orderServices(records, () => draws.next().value)
          expect(new Set(ordered)).toEqual(new Set(records))
          expect(ordered.map(({ priority }) => priority)).toEqual(records.map(({ priority }) => priority).sort((a, b) => a - b))
        }
      )
    )
  })

  it('of one priority come first as often as their weights say', () => {
    const records = [1, 3, 6].map((weight) => ({ priority: 1, weight, port: weight, name: 'a' }))
    const first = { 1: 0, 3: 0, 6: 0 } as Record<number, number>
    const steps = 1100
    for (let i = 0; i < steps; i++) first[orderServices(records, () => i / steps)[0]!.weight]!++
    // Of the numbers 0 to 10 the first two are of weight 1, three of weight 3, six of weight 6.
    expect(first).toEqual({ 1: 200, 3: 300, 6: 600 })
  })
})

describe('targets that failed', () => {
  const target = (port: number): SipTarget => ({ transport: 'udp', address: '192.0.2.1', port, serverName: 'a' })
  const ports = (targets: SipTarget[]) => targets.map(({ port }) => port)

  it('are tried last until their time is over, those that come back first before the others', () => {
    let nowMs = 0
    const list = new Blacklist(() => nowMs)
    const all = [target(1), target(2), target(3)]
    list.block(target(1), 60_000)
    list.block(target(2))
    expect(ports(list.order(all))).toEqual([3, 2, 1])
    nowMs = 32_000
    expect(ports(list.order(all))).toEqual([2, 3, 1])
    list.clear(target(1))
    expect(ports(list.order(all))).toEqual([1, 2, 3])
  })

  it('are not believed when they want to be left alone for a year', () => {
    let nowMs = 0
    const list = new Blacklist(() => nowMs)
    list.block(target(1), 365 * 86_400_000)
    nowMs = 3_600_000
    expect(list.isBlocked(target(1))).toBe(false)
  })
})

describe('answers of name servers', () => {
  it('are kept as long as their TTL, failures not at all', async () => {
    let nowMs = 0
    let asked = 0
    let fails = true
    const dns = cachedDns(
      {
        addresses: async () => {
          asked++
          if (fails) throw new Error('no')
          return [{ address: '192.0.2.1', family: 4, ttlS: 5 }]
        },
        services: async () => [],
        naptr: async () => []
      },
      () => nowMs
    )
    await expect(dns.addresses('a')).rejects.toThrow()
    fails = false
    await Promise.all([dns.addresses('a'), dns.addresses('a')])
    expect(asked).toBe(2)
    nowMs = 4999
    await dns.addresses('a')
    expect(asked).toBe(2)
    nowMs = 5000
    await dns.addresses('a')
    expect(asked).toBe(3)
  })
})
