import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { UsageError } from '../errors.js'
import type { Generated } from './generated.js'

/** The client computes it once for a connection: about 50 ms. RFC 7677 asks for at least 4096. */
export const defaultIterations = 100_000
const iterationRange = { min: 4_096, max: 10_000_000 }
const saltBytes = 16

/** What a server keeps of a password (RFC 5802 section 3); with it nobody can log in. Salt and keys are bytes. */
export interface ScramRecord {
  readonly iterations: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** The token of the original tunnel: hex of MD5(user:password), sent in clear as the first line. @throws UsageError */
export function tunnelToken(username: string, password: string): string {
  if (username === '' || username.includes(':')) throw new UsageError('A user of the tunnel is not empty and has no colon')
  return createHash('md5').update(`${username}:${password}`, 'utf8').digest('hex')
}

/**
 * SCRAM-SHA-256 of RFC 7677.
 * @param password ASCII: of other characters RFC 4013 (SASLprep) says which of their spellings are the same, and that is not here
 * @throws UsageError
 */
export function scramRecord(
  password: string,
  { iterations = defaultIterations, salt = randomBytes(saltBytes) }: { iterations?: number | undefined; salt?: Buffer } = {}
): ScramRecord {
  if (!/^[\x20-\x7e]+$/.test(password))
    throw new UsageError('A password of the tunnel is one line of ASCII characters', { hint: 'Make one with --generate.' })
  if (!Number.isInteger(iterations) || iterations < iterationRange.min || iterations > iterationRange.max)
    throw new UsageError(`--iterations must be a whole number from ${iterationRange.min} to ${iterationRange.max}`)
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const key = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(key('Client Key')).digest()
  return { iterations, salt, storedKey, serverKey: key('Server Key') }
}

/** One line: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` in base64, the form of RFC 5803 (PostgreSQL has it, too). */
export function scramLine({ iterations, salt, storedKey, serverKey }: ScramRecord): string {
  const [s, stored, server] = [salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'))
  return `SCRAM-SHA-256$${iterations}:${s}$${stored}:${server}`
}

export interface TunnelAccount {
  readonly username: string
  readonly password: string
  readonly form: 'scram-sha-256' | 'md5'
  readonly iterations?: number | undefined
  /** The password was made here, and is told as well. */
  readonly isNew?: boolean
}

/** What the tunnel's server keeps of an account, in the form of protocol 2 (SCRAM) or of the original (MD5). @throws UsageError */
export function hashTunnelPassword({ username, password, form, iterations, isNew = false }: TunnelAccount): Generated {
  const token = tunnelToken(username, password)
  const kept = form === 'md5' ? token : scramLine(scramRecord(password, { iterations }))
  return {
    facts: { type: 'tunnel', username, ...(isNew && { password }), [form === 'md5' ? 'md5' : 'scram']: kept },
    texts: { value: `${isNew ? `password:${password}\n` : ''}${kept}\n` },
    preferred: 'value',
    note: form === 'md5' ? 'whoever has this token can log in with it, and the original tunnel sends it in clear' : undefined
  }
}
