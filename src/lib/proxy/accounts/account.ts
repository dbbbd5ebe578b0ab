import { AddressList } from '../../access/address-list.js'
import { EventMask } from '../../ami/event-mask.js'
import { ConfigError } from '../../errors.js'
import type { AsteriskEventFilter } from '../filter/asterisk-event-filter.js'
import { readEventFilters } from '../filter/session-event-filter.js'
import { Rights } from '../rights/rights.js'
import type { FilterColumns, UserOptions } from '../user-options.js'
import { StoredSecret } from './stored-secret.js'

/** One user of the proxy: what it is called, how it logs in, and what it may see and do. Never changes. */
export class Account {
  readonly name: string
  readonly admin: boolean
  /** May it log in on the web page? */
  readonly web: boolean
  /** Where its actions go, whatever `Server:` says. */
  readonly server: string | undefined
  readonly filter: FilterColumns | undefined
  /** Event classes that it may see, as configured; undefined: all. */
  readonly read: string | undefined
  readonly eventFilters: readonly string[]
  /** The same, compiled; undefined: none. */
  readonly eventFilter: AsteriskEventFilter | undefined
  readonly rights: Rights
  readonly secret: StoredSecret
  readonly #addresses: AddressList

  /** @throws ConfigError for a secret, a class, a rule, an event filter or an address that cannot be read */
  constructor(options: UserOptions) {
    this.name = options.name
    this.admin = options.admin
    this.web = options.web ?? false
    this.server = options.server
    this.filter = options.filter
    this.read = assertEventClasses(options.read, options.where)
    this.eventFilters = options.eventFilters
    this.eventFilter = readEventFilters(options.eventFilters, options.where)
    this.rights = new Rights(options)
    this.secret = StoredSecret.parse(options.secret, options.where)
    this.#addresses = new AddressList(options.permit, options.where)
  }

  /** May it log in from there? */
  permits(address: string): boolean {
    return this.#addresses.permits(address)
  }
}

/** A mistyped class would be events that never come, without a word. @throws ConfigError */
function assertEventClasses(read: string | undefined, where: string): string | undefined {
  const [unknown] = read === undefined ? [] : EventMask.unknownClasses(read)
  if (unknown === undefined) return read
  throw new ConfigError(`${where}: read has "${unknown}", which is no class of events`, {
    hint: `The classes are all, ${EventMask.classNames.join(', ')}.`
  })
}
