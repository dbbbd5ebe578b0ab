import { createHash, timingSafeEqual } from 'node:crypto'
import fs from 'node:fs'
import { md5Key } from '../ami/login.js'
import { ConfigError } from '../errors.js'

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

function equalInConstantTime(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/**
 * Reads a users file: `name = secret` a line, `;` and `#` begin comments. An empty secret is refused: it would be a login without one.
 * The filter columns of astmanproxy.users are refused too, since ignoring a filter would give the user more than was meant.
 * @throws ConfigError with the line
 */
export function readUsersFile(file: string): Users {
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`Cannot read the users file ${file}: ${(cause as Error).message}`, {
      cause,
      hint: 'Name a file with lines "name = secret" with --users.'
    })
  }
  const secrets = new Map<string, string>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.replace(/^\s*[;#].*$|\s+[;#].*$/, '').trim()
    if (content !== '') addUser(secrets, content, `${file}:${index + 1}`)
  }
  return new Users(secrets)
}

function addUser(secrets: Map<string, string>, line: string, where: string): void {
  const match = /^([^=]+?)\s*=\s*([^,]*?)\s*(?:,(.*))?$/.exec(line)
  if (!match) throw new ConfigError(`${where}: not a user`, { hint: 'Write name = secret.' })
  const [, name, secret, columns] = match as unknown as [string, string, string, string | undefined]
  if (secret === '') throw new ConfigError(`${where}: the user "${name}" has no secret`)
  if (columns?.replaceAll(',', '').trim()) {
    throw new ConfigError(`${where}: filter columns are not supported yet`, {
      hint: `Remove what follows the secret of "${name}" to give full access.`
    })
  }
  if (secrets.has(name)) throw new ConfigError(`${where}: the user "${name}" is there twice`)
  secrets.set(name, secret)
}
