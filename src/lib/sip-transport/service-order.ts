import type { ServiceRecord } from '../net/dns.js'

/**
 * SRV records in the order in which they are to be tried (RFC 2782): by priority, and among equals by chance in proportion to their weights,
 * so that load is shared. A record of weight 0 comes first only where all have it, or seldom.
 * @param random from 0 to below 1
 * @param most so many, of however many there are
 */
export function orderServices(records: readonly ServiceRecord[], random: () => number, most = records.length): ServiceRecord[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b)
  const ordered: ServiceRecord[] = []
  for (const priority of priorities) {
    if (ordered.length >= most) break
    const equals = records.filter((record) => record.priority === priority)
    ordered.push(...shuffleByWeight(equals, random, most - ordered.length))
  }
  return ordered
}

function shuffleByWeight(records: readonly ServiceRecord[], random: () => number, most: number): ServiceRecord[] {
  // Those without weight stand first: they are chosen only when the number drawn is 0.
  const rest = [...records].sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0))
  const ordered: ServiceRecord[] = []
  while (rest.length > 0 && ordered.length < most) {
    const sum = rest.reduce((total, { weight }) => total + weight, 0)
    // RFC 2782: a whole number from 0 to the sum, both among them.
    const drawn = Math.floor(random() * (sum + 1))
    let at = 0
    for (let passed = rest[0]!.weight; passed < drawn; passed += rest[at]!.weight) at++
    ordered.push(...rest.splice(at, 1))
  }
  return ordered
}
