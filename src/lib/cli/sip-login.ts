import fs from 'node:fs'
import { ConfigError, UsageError } from '../errors.js'
import type { RegistrationSecret } from '../registrations/account.js'
import { parseHa1 } from '../registrations/accounts/account-secret.js'
import { type DigestHash, digestHashes } from '../sip/digest-challenge.js'
import { CredentialList } from '../uac/credential-list.js'
import { readSecretFile, warnWhenReadableByOthers } from './secret.js'
import type { SettingOrigin } from './setting-origin.js'

/** What the flags say of the login. */
export interface LoginFlags {
  'auth-password-file'?: string | undefined
  'auth-ha1-file'?: string | undefined
  'auth-algorithms'?: readonly DigestHash[] | undefined
  'no-md5': boolean
  credentials?: string | undefined
}

export interface LoginSources {
  flags: LoginFlags
  /** See `BaseCommand.origins`: what is typed wins over the environment. */
  origins: ReadonlyMap<string, SettingOrigin>
  note: (message: string) => void
  /** Asks a person; undefined where nobody is. */
  ask: (() => Promise<string>) | undefined
  /** Why there has to be a password, and what to do about it. */
  missing: { message: string; hint: string }
}

/** A HA1 where one is given, else the password. @throws ConfigError, UsageError without either and nobody to ask */
export async function findLogin(sources: LoginSources): Promise<RegistrationSecret> {
  const { flags, origins, note } = sources
  const file = flags['auth-ha1-file']
  const fromEnvironment = origins.get('auth-ha1-file')?.kind === 'flag' ? undefined : process.env.PBXKIT_AUTH_HA1
  const text =
    fromEnvironment ||
    (file === undefined ? undefined : readSecretFile(file, note, { flag: '--auth-ha1-file', variable: 'PBXKIT_AUTH_HA1' }))
  if (text === undefined) return { kind: 'password', password: await findPassword(sources) }
  try {
    return parseHa1(text.trim())
  } catch (cause) {
    const where = fromEnvironment ? 'PBXKIT_AUTH_HA1' : '--auth-ha1-file'
    throw new ConfigError(`The HA1 of ${where} ${(cause as Error).message}`, { cause })
  }
}

async function findPassword({ flags, origins, note, ask, missing }: LoginSources): Promise<string> {
  const file = flags['auth-password-file']
  if (process.env.PBXKIT_AUTH_PASSWORD && origins.get('auth-password-file')?.kind !== 'flag')
    return process.env.PBXKIT_AUTH_PASSWORD
  if (file !== undefined) return readSecretFile(file, note, { flag: '--auth-password-file', variable: 'PBXKIT_AUTH_PASSWORD' })
  if (ask) return ask()
  throw new UsageError(missing.message, { hint: missing.hint })
}

/** --auth-algorithms without what --no-md5 forbids; undefined: all that we have. @throws UsageError when none is left */
export function allowedHashes(flags: LoginFlags): DigestHash[] | undefined {
  const { 'auth-algorithms': given, 'no-md5': noMd5 } = flags
  if (!noMd5) return given && [...given]
  const left = (given ?? [...digestHashes].reverse()).filter((one) => one !== 'MD5')
  if (left.length === 0) throw new UsageError('--no-md5 leaves nothing of --auth-algorithms')
  return left
}

// A login takes less than 200 bytes; a device or a mistaken large file is not read to its end.
const maxCredentialsBytes = 4 * 1024 * 1024

/** --credentials. @throws ConfigError for a file that cannot be read, DataError for a line that is no login */
export function readCredentials(flags: LoginFlags, note: (message: string) => void): CredentialList | undefined {
  const { credentials: file } = flags
  if (file === undefined) return undefined
  let text: string
  try {
    warnWhenReadableByOthers(file, note)
    if (fs.statSync(file).size > maxCredentialsBytes) throw new Error('it is too large')
    text = fs.readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`Cannot read the logins from ${file}: ${(cause as Error).message}`, { cause })
  }
  return new CredentialList(text, file)
}

/** Said once, however many requests or accounts it is true of. */
export function guessNote(say: (message: string) => void): (realm: string) => void {
  let isSaid = false
  return (realm) => {
    if (isSaid) return
    isSaid = true
    say(
      `the realm "${realm}" gets an answer, and nobody has named it: with --auth-realm "${realm}" (column realm) no other does; --auth-any-realm says that any will do`
    )
  }
}
