import { md5Key } from '../ami/login.js'
import { ConfigError } from '../errors.js'
import { readUsersFile } from '../users/users-file.js'
import { equalInConstantTime } from './constant-time.js'

/** The proxy's own accounts. Comparisons take the same time whatever is wrong, a missing user included. */
export class Users {
  readonly #secrets: ReadonlyMap<string, string>

  constructor(secrets: ReadonlyMap<string, string>) {
    this.#secrets = secrets
  }

  get names(): string[] {
    return [...this.#secrets.keys()]
  }

  acceptsSecret(username: string, secret: string): boolean {
    const known = this.#secrets.get(username)
    return equalInConstantTime(known ?? '', secret) && known !== undefined
  }

  /** @param key lower-case hex of MD5(challenge + secret) */
  acceptsKey(username: string, challenge: string, key: string): boolean {
    const known = this.#secrets.get(username)
    return equalInConstantTime(md5Key(challenge, known ?? ''), key) && known !== undefined
  }
}

/**
 * The accounts of a users file. Filter columns (those of astmanproxy.users) are refused: to ignore one would give its user more than was meant.
 * @throws ConfigError with the line
 */
export function usersFromFile(file: string): Users {
  const entries = readUsersFile(file)
  const filtered = entries.find(({ columns }) => columns.some((column) => column !== ''))
  if (filtered) {
    throw new ConfigError(`${filtered.where}: filter columns are not supported yet`, {
      hint: `Remove what follows the secret of "${filtered.name}" to give full access.`
    })
  }
  return new Users(new Map(entries.map(({ name, secret }) => [name, secret])))
}
