import type { Dns } from '../net/dns.js'

// Node tells no TTL of SRV and NAPTR: a minute is less than any that administrators give them, and spares a registrar 10,000 questions.
const servicesTtlMs = 60_000
// What is told about addresses is kept to: but 0 would ask for every request of a second, and a week would outlive a move.
const minTtlMs = 1000
const maxTtlMs = 3_600_000
// Names come from configurations, and from Contacts of peers.
const maxEntries = 10_000

interface Entry {
  answer: Promise<unknown>
  untilMs: number
}

/** Keeps answers as long as they are good; those who ask for the same at the same time share one question. Failures are not kept. */
export function cachedDns(dns: Dns, now: () => number): Dns {
  const entries = new Map<string, Entry>()
  const ask = <T>(key: string, question: () => Promise<T>, ttlMs: (answer: T) => number): Promise<T> => {
    const known = entries.get(key)
    if (known && known.untilMs > now()) return known.answer as Promise<T>
    if (entries.size >= maxEntries) entries.delete(entries.keys().next().value!)
    const answer = question()
    const entry: Entry = { answer, untilMs: Number.POSITIVE_INFINITY }
    entries.set(key, entry)
    answer.then(
      (value) => {
        entry.untilMs = now() + ttlMs(value)
      },
      () => entries.delete(key)
    )
    return answer
  }
  return {
    addresses: (host) =>
      ask(
        `a ${host}`,
        () => dns.addresses(host),
        (found) => Math.min(maxTtlMs, Math.max(minTtlMs, 1000 * Math.min(...found.map(({ ttlS }) => ttlS))))
      ),
    services: (name) =>
      ask(
        `s ${name}`,
        () => dns.services(name),
        () => servicesTtlMs
      ),
    naptr: (name) =>
      ask(
        `n ${name}`,
        () => dns.naptr(name),
        () => servicesTtlMs
      )
  }
}
