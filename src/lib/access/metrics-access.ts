import { AddressList } from './address-list.js'

/** This machine. */
export const loopback = ['127.0.0.0/8', '::1'] as const

/** Who may read `/metrics`: it names users and servers, and a scraper has no account. */
export class MetricsAccess {
  readonly #addresses: AddressList | undefined

  /**
   * @param entries addresses and networks as in `AddressList`; `none` alone, or no entry: nobody
   * @throws ConfigError for an entry that is none of these
   */
  constructor(entries: readonly string[] = loopback) {
    const isNobody = entries.length === 0 || (entries.length === 1 && entries[0]!.trim().toLowerCase() === 'none')
    this.#addresses = isNobody ? undefined : new AddressList(entries, '--metrics-allow')
  }

  /** @param address as the socket says it */
  permits(address: string): boolean {
    return this.#addresses?.permits(address) ?? false
  }
}
