/** The filter columns of astmanproxy.users, as configured: case kept. */
export interface FilterColumns {
  /** Only events of channels that begin so (`PJSIP/1002` is also `PJSIP/1002-0000001`, and not `PJSIP/10023-…`). */
  channel?: string | undefined
  /** What goes to Asterisk may name no other context. */
  outContext?: string | undefined
  /** What comes from Asterisk may name no other context. */
  inContext?: string | undefined
  /** Put into every Originate, and in place of account codes in this client's copy of events. */
  account?: string | undefined
  /** Lets events through that have neither channel nor context. */
  moreEvents: boolean
  /** `cdronly|brionly|xfronly`: nothing but these events; several add up. */
  only: readonly ('cdr' | 'bri' | 'xfr')[]
  /** No VarSet. */
  noVar: boolean
}

/** One account of the proxy, as configured. */
export interface UserOptions {
  name: string
  /** As it is, or hashed: `$2b$…` (bcrypt), `$scrypt$…`. */
  secret: string
  /** May change the proxy (AddServer, DropServer), see the other sessions, and do what is dangerous. */
  admin: boolean
  /** May log in on the web page. */
  web?: boolean | undefined
  /** Where this user's actions go, whatever `Server:` says. */
  server?: string | undefined
  filter?: FilterColumns | undefined
  /** Event classes that it may see, as in manager.conf; undefined: all. */
  read?: string | undefined
  /** Classes of actions that it may send, as in manager.conf; undefined: all. */
  write?: string | undefined
  /** Rules `Action [Field=glob …]`; with at least one `allow`, nothing else is allowed. */
  allow: readonly string[]
  deny: readonly string[]
  /** Log what the rules would refuse, and let it pass. */
  dryRun: boolean
  /** Addresses (CIDR) that it may log in from; none: from anywhere. */
  permit: readonly string[]
  /** Event filters in Asterisk's syntax (`eventfilter` of manager.conf). */
  eventFilters: readonly string[]
  /** `file:line`, or the section, for messages. */
  where: string
}

/** An account with nothing but a name and a secret: it may see everything, and do what is not dangerous. */
export function plainUser(name: string, secret: string, where = name): UserOptions {
  return { name, secret, admin: false, allow: [], deny: [], dryRun: false, permit: [], eventFilters: [], where }
}
