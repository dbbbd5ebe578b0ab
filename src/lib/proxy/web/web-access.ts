import { AddressList } from '../../access/address-list.js'

/** From where the web page may be opened. Nobody may unless the configuration says so: the page takes secrets. */
export class WebAccess {
  readonly #addresses: AddressList | undefined

  /**
   * @param entries addresses and networks as in `AddressList`; `none` alone, or no entry: nobody
   * @throws ConfigError for an entry that is none of these
   */
  constructor(entries: readonly string[] = []) {
    const isNobody = entries.length === 0 || (entries.length === 1 && entries[0]!.trim().toLowerCase() === 'none')
    this.#addresses = isNobody ? undefined : new AddressList(entries, '--web-allow')
  }

  /** Is there a page at all? */
  get isOn(): boolean {
    return this.#addresses !== undefined
  }

  /** @param address as the socket says it */
  permits(address: string): boolean {
    return this.#addresses?.permits(address) ?? false
  }
}
