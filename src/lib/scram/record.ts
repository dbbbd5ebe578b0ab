import { createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { DataError } from '../errors.js'
import { clientKeyOf, hash, keyBytes, serverKeyOf } from './keys.js'
import { decodeBase64 } from './messages.js'
import { saslPrepare } from './saslprep.js'

const derive = promisify(pbkdf2)

/** RFC 7677 section 4 asks for 4096 at least. A client computes them at a login: two million take a second or two, more only keep it busy. */
export const iterationLimits = { min: 4_096, max: 2_000_000 } as const
/** What OWASP's password storage cheat sheet asks for with HMAC-SHA-256. The client pays for it, once per process; the server never does. */
export const defaultIterations = 600_000
/** As in RFC 7677's example. */
const newSaltBytes = 16
/** A salt of fewer repeats; a longer one gains nothing. */
export const saltLimits = { min: 8, max: 64 } as const

/** What a server keeps of an account (RFC 5802 section 3): enough to check a password, and not to log in with it. */
export interface ScramRecord {
  salt: Buffer
  iterations: number
  storedKey: Buffer
  serverKey: Buffer
}

/** The slow part, on a thread of libuv. @param password in any form @throws DataError for a character that no password has */
export function saltPassword(password: string, salt: Buffer, iterations: number): Promise<Buffer> {
  return derive(saslPrepare(password), salt, iterations, keyBytes, 'sha256')
}

/** @throws DataError for an empty password, characters that none has, and iterations out of bounds */
export async function createRecord(
  password: string,
  { salt = randomBytes(newSaltBytes), iterations = defaultIterations }: Partial<Pick<ScramRecord, 'salt' | 'iterations'>> = {}
): Promise<ScramRecord> {
  if (saslPrepare(password) === '') throw new DataError('The password is empty, which would be a login without one')
  assertBounds(salt, iterations)
  const salted = await saltPassword(password, salt, iterations)
  return { salt, iterations, storedKey: hash(clientKeyOf(salted)), serverKey: serverKeyOf(salted) }
}

/** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, base64: as PostgreSQL keeps it. */
export function formatRecord({ salt, iterations, storedKey, serverKey }: ScramRecord): string {
  const text = (bytes: Buffer) => bytes.toString('base64')
  return `SCRAM-SHA-256$${iterations}:${text(salt)}$${text(storedKey)}:${text(serverKey)}`
}

/** @throws DataError for what is no such record; the message does not show it */
export function parseRecord(text: string): ScramRecord {
  const [, count, salt, storedKey, serverKey] =
    /^SCRAM-SHA-256\$(\d{1,9}):([^$:]{1,100})\$([^$:]{1,100}):([^$:]{1,100})$/.exec(text) ?? []
  const [saltBytes, stored, server] = [salt, storedKey, serverKey].map((part) => decodeBase64(part ?? ''))
  if (!saltBytes || stored?.length !== keyBytes || server?.length !== keyBytes)
    throw new DataError('This is no SCRAM-SHA-256 record')
  assertBounds(saltBytes, Number(count))
  return { salt: saltBytes, iterations: Number(count), storedKey: stored, serverKey: server }
}

function assertBounds(salt: Buffer, iterations: number): void {
  if (salt.length < saltLimits.min || salt.length > saltLimits.max) {
    throw new DataError(`A salt of ${salt.length} bytes is not one of ${saltLimits.min} to ${saltLimits.max}`)
  }
  if (!Number.isInteger(iterations) || iterations < iterationLimits.min || iterations > iterationLimits.max) {
    throw new DataError(`${iterations} iterations are not between ${iterationLimits.min} and ${iterationLimits.max}`)
  }
}

/**
 * Records for users that there are not: the same for a name each time, so that nobody learns who exists by asking twice. Real accounts should
 * have the same number of iterations; one that has another is told from them.
 */
export class InventedRecords {
  readonly #secret: Buffer
  readonly #iterations: number

  /** @param secret kept with the accounts: a new one gives new salts, which tells those users apart that were asked for before */
  constructor(secret: Buffer, iterations: number = defaultIterations) {
    this.#secret = secret
    this.#iterations = iterations
  }

  for(username: string): ScramRecord {
    const invent = (what: string) => createHmac('sha256', this.#secret).update(`${what}\0${username}`).digest()
    return {
      salt: invent('salt').subarray(0, newSaltBytes),
      iterations: this.#iterations,
      storedKey: invent('StoredKey'),
      serverKey: invent('ServerKey')
    }
  }
}
