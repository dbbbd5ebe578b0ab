import { createHash } from 'node:crypto'
import { DataError, UsageError } from '../errors.js'
import type { RegistrationAccount, RegistrationSecret } from '../registrations/account.js'
import type { AccountDefaults } from '../registrations/accounts/read-account.js'
import type { AccountSource, ReadAccounts } from '../registrations/accounts/read-accounts.js'
import { formatUri, unescapeUri } from '../sip/uri.js'
import type { Interfaces } from './oclif.js'
import type { registerFlags } from './register-flags.js'
import { readSipUri } from './sip-command.js'
import { allowedHashes, type LoginFlags } from './sip-login.js'

export type RegisterFlagValues = Interfaces.InferredFlags<typeof registerFlags> & {
  timeout: number
  proxy: string | undefined
  'auth-user': string | undefined
  'auth-realm': string | undefined
} & LoginFlags

/** Where the accounts are; undefined: the one on the command line. @throws UsageError */
export function accountSource(flags: RegisterFlagValues, uri: string | undefined): AccountSource | undefined {
  const { db, file, table, format } = flags
  const given = [db, file, uri ?? flags.account].filter((one) => one !== undefined)
  if (given.length > 1) throw new UsageError('Accounts come from one place: a URI, --db or --file')
  if (db !== undefined) return { kind: 'db', url: db, table }
  if (file === '-' || uri === '-') return { kind: 'stdin', stream: process.stdin }
  if (file !== undefined) return { kind: 'file', path: file, format }
  return undefined
}

/** Reads them all, and keeps those of --tag and --shard. */
export async function loadAccounts(
  source: AccountSource,
  flags: RegisterFlagValues,
  { warn, signal }: { warn: (message: string) => void; signal: AbortSignal }
): Promise<ReadAccounts> {
  const { readAccounts } = await import('../registrations/accounts/read-accounts.js')
  const read = await readAccounts(source, {
    timeoutMs: flags.timeout,
    passwordFile: flags['db-password-file'],
    urlSource: 'argv',
    ...{ warn, signal, defaults: accountDefaults(flags) }
  })
  return { ...read, accounts: read.accounts.filter(chooser(flags)) }
}

/** What the flags say for accounts that say nothing themselves. @throws UsageError */
export function accountDefaults(flags: RegisterFlagValues): AccountDefaults {
  const { proxy, path, outbound, expires } = flags
  return {
    realm: flags['auth-realm'],
    proxies: proxy === undefined ? undefined : [formatUri(readSipUri('--proxy', proxy))],
    expiresS: expires,
    contactAddress: flags['contact-addr'],
    algorithms: allowedHashes(flags),
    ...{ path, outbound }
  }
}

/** Flags that say who one account is: for a table of them they would be lost without a word. @param isTyped on the command line @throws UsageError */
export function refuseFlagsOfOne(isTyped: (flag: string) => boolean): void {
  const flag = ['password-file', 'auth-user', 'auth-password-file', 'auth-ha1-file', 'contact-user'].find(isTyped)
  if (flag === undefined) return
  throw new UsageError(`--${flag} is for one account on the command line`, {
    hint: 'Of many, each has it in a column: see docs/registration-accounts.md.'
  })
}

function chooser({ tag, shard }: RegisterFlagValues): (account: RegistrationAccount) => boolean {
  const [, part, parts] = shard === undefined ? [] : (/^(\d{1,6})\/(\d{1,6})$/.exec(shard) ?? [])
  if (shard !== undefined && !(Number(part) >= 1 && Number(part) <= Number(parts))) {
    throw new UsageError(`--shard: "${shard}" is no part`, { hint: 'Write 1/3, 2/3 and 3/3 on three machines.' })
  }
  return (account) =>
    (tag === undefined || account.tag === tag) &&
    (parts === undefined || createHash('md5').update(account.uuid).digest().readUInt32BE() % Number(parts) === Number(part) - 1)
}

/** The account of `uac register sip:alice@pbx.example.org`. A port and a transport in it are those of the next hop. @throws UsageError */
export function commandLineAccount(text: string, secret: RegistrationSecret, flags: RegisterFlagValues): RegistrationAccount {
  const uri = readSipUri('The URI', text)
  if (uri.user === undefined) throw new UsageError(`"${text}" has no user`, { hint: 'Write sip:USER@DOMAIN.' })
  const user = unescapeUri(uri.user)
  const isPlain = uri.port === undefined && uri.parameters.list.length === 0 && uri.scheme === 'sip'
  const hop = flags.proxy ?? (isPlain ? undefined : formatUri({ ...uri, user: undefined, password: undefined }))
  return {
    uuid: user,
    localUsername: undefined,
    localDomain: undefined,
    username: user,
    domain: uri.host,
    realm: flags['auth-realm'],
    authUsername: flags['auth-user'] ?? user,
    secret,
    proxies: hop === undefined ? [] : [formatUri(readSipUri('--proxy', hop))],
    expiresS: flags.expires,
    isDisabled: false,
    delayS: 0,
    contactAddress: flags['contact-addr'],
    contactUser: flags['contact-user'],
    contactParameters: undefined,
    socket: undefined,
    transport: undefined,
    path: flags.path,
    outbound: flags.outbound,
    instanceId: undefined,
    regId: undefined,
    q: undefined,
    refreshRatio: undefined,
    extraHeaders: [],
    userAgent: undefined,
    algorithms: allowedHashes(flags),
    keepalive: undefined,
    tag: undefined,
    display: undefined,
    source: 'command line'
  }
}

/** An account that comes over the control socket. @throws DataError */
export async function readOneAccount(columns: Record<string, unknown>, defaults: AccountDefaults): Promise<RegistrationAccount> {
  const { readAccounts } = await import('../registrations/accounts/read-accounts.js')
  const stream = (async function* () {
    yield `${JSON.stringify(columns)}\n`
  })()
  const { accounts, problems } = await readAccounts({ kind: 'stdin', stream }, { timeoutMs: 1000, defaults })
  if (problems[0]) throw new DataError(problems[0].message)
  return accounts[0]!
}
