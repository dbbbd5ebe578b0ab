import { createHash } from 'node:crypto'
import { UsageError } from '../errors.js'
import { type Generated, lineValue } from './generated.js'

/** The algorithms of RFC 8760, by the names that they have in SIP, and those of Node for them. */
export const sipAlgorithms = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' } as const
export type SipAlgorithm = keyof typeof sipAlgorithms

export interface SipAccount {
  readonly username: string
  readonly realm: string
  readonly password: string
}

/**
 * HA1 of RFC 7616 section 3.4.2: H(username:realm:password), lower-case hex. Text is UTF-8.
 * @throws UsageError for a user name with a colon, which would be another account's hash
 */
export function ha1({ username, realm, password }: SipAccount, algorithm: SipAlgorithm): string {
  if (username === '' || username.includes(':')) throw new UsageError('A user name of SIP is not empty and has no colon')
  return createHash(sipAlgorithms[algorithm]).update(`${username}:${realm}:${password}`, 'utf8').digest('hex')
}

/**
 * The hashes of an account that a registrar keeps instead of its password; whoever has one can log in with it.
 * @param algorithms one gives the bare hash; several give `MD5:…` lines, as password_digest of pjsip.conf (Asterisk 22.5) takes them
 * @param isNew the password was made here, and is told as well
 */
export function hashSipPassword(
  account: SipAccount,
  algorithms: readonly SipAlgorithm[],
  { isNew = false }: { isNew?: boolean } = {}
): Generated {
  const { username, realm, password } = account
  const hashes = algorithms.map((algorithm) => ({ algorithm, hash: ha1(account, algorithm) }))
  const bare = hashes.length === 1 && !isNew
  const lines = hashes.map(({ algorithm, hash }) => (bare ? `${hash}\n` : `${algorithm}:${hash}\n`))
  const conf = () => `[${lineValue(username, 'The user')}]
type = auth
auth_type = digest
username = ${lineValue(username, 'The user')}
realm = ${lineValue(realm, 'The realm')}
${hashes.map(({ algorithm, hash }) => `password_digest = ${algorithm}:${hash}\n`).join('')}`
  return {
    facts: {
      type: 'sip',
      ...{ username, realm },
      ...(isNew && { password }),
      ha1: Object.fromEntries(hashes.map(({ algorithm, hash }) => [algorithm, hash]))
    },
    texts: { value: `${isNew ? `password:${password}\n` : ''}${lines.join('')}`, conf: conf() },
    preferred: 'value'
  }
}
