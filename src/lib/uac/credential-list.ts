import { DataError } from '../errors.js'
import type { Credentials } from '../sip/digest.js'

/** More realms than anybody has logins for, and a bound for a file that is not what was meant. */
const maxCredentials = 10_000

/**
 * Logins by realm: Kamailio's `credential` (`user:realm:password`), one a line. The password is the rest of its line, colons and all; the realm may have
 * blanks. Empty lines and those that begin with `#` are skipped. Of two for one realm the last one counts, as in Kamailio, which looks there first.
 */
export class CredentialList {
  readonly #byRealm = new Map<string, Credentials>()

  /** @param source name of the file, for messages @throws DataError with the line, and nothing of what stands there: it is a secret */
  constructor(text: string, source: string) {
    for (const [at, line] of text
      .replace(/^\ufeff/, '')
      .split(/\r?\n/)
      .entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue
      const [, username, realm, password] = /^([^:\s]+):([^:]+):(.+)$/.exec(line) ?? []
      if (username === undefined || realm === undefined || password === undefined || /\p{Cc}/u.test(line)) {
        throw new DataError(`${source}:${at + 1}: this is no user:realm:password`)
      }
      this.#byRealm.set(realm.trim(), { username, password })
      if (this.#byRealm.size > maxCredentials) throw new DataError(`${source} has more than ${maxCredentials} logins`)
    }
  }

  get size(): number {
    return this.#byRealm.size
  }

  /** The login of exactly this realm. */
  find(realm: string): Credentials | undefined {
    return this.#byRealm.get(realm)
  }
}
