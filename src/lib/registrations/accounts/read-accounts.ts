import path from 'node:path'
import { DataError } from '../../errors.js'
import type { RegistrationAccount } from '../account.js'
import { type AccountFormat, readFileRows, readStreamRows } from './account-file.js'
import { type AccountRow, maxAccounts } from './account-row.js'
import { SecretStore } from './account-secret.js'
import { type AccountDefaults, readAccount } from './read-account.js'
import type { SqlSettings } from './sql-accounts.js'

/** Where accounts stand. */
export type AccountSource =
  | { readonly kind: 'db'; readonly url: string; readonly table: string }
  | { readonly kind: 'file'; readonly path: string; readonly format?: AccountFormat | undefined }
  | { readonly kind: 'stdin'; readonly stream: AsyncIterable<Buffer | string> }

export interface ReadAccountsSettings extends SqlSettings {
  /** Told of files with secrets that others may read. */
  readonly warn?: ((message: string) => void) | undefined
  readonly defaults?: AccountDefaults | undefined
}

/** A row that is no account. Its message has all that is wrong with it, and no secret. */
export interface AccountProblem {
  readonly source: string
  readonly message: string
  /** The key that the row has, if any: for `diffAccounts`, which keeps its account as it was. */
  readonly uuid: string | undefined
}

export interface ReadAccounts {
  readonly accounts: RegistrationAccount[]
  readonly problems: AccountProblem[]
}

/**
 * Reads all accounts of a source. A row that is wrong is a problem, with everything that is wrong with it; the others are accounts. Of several with one `l_uuid` the first
 * counts. Secrets may stand elsewhere, as `env:NAME` or `file:PATH` (relative to the file of the accounts).
 * @throws ConfigError, DataError, IoError for a source that is no table of accounts at all; what the store throws
 */
export async function readAccounts(source: AccountSource, settings: ReadAccountsSettings): Promise<ReadAccounts> {
  const { env = process.env, warn = () => {}, signal, defaults } = settings
  const folder = source.kind === 'file' ? path.dirname(path.resolve(source.path)) : process.cwd()
  const secrets = new SecretStore({ env, folder, warn })
  const accounts = new Map<string, RegistrationAccount>()
  const problems: AccountProblem[] = []
  let count = 0
  for await (const row of await rowsOf(source, settings, warn)) {
    signal?.throwIfAborted()
    if (++count > maxAccounts) throw new DataError(`More than ${maxAccounts} accounts`)
    const read = readAccount(row, secrets, defaults)
    if ('faults' in read) {
      problems.push({ source: row.source, message: read.faults.join('; '), uuid: row.values?.get('l_uuid')?.trim() || undefined })
      continue
    }
    const first = accounts.get(read.uuid)
    if (!first) accounts.set(read.uuid, read)
    else
      problems.push({ source: row.source, message: `l_uuid: "${read.uuid}" is that of ${first.source} already`, uuid: read.uuid })
  }
  return { accounts: [...accounts.values()], problems }
}

async function rowsOf(
  source: AccountSource,
  settings: ReadAccountsSettings,
  warn: (message: string) => void
): Promise<Iterable<AccountRow> | AsyncIterable<AccountRow>> {
  if (source.kind === 'file') return readFileRows(source.path, source.format, warn)
  if (source.kind === 'stdin') return readStreamRows(source.stream)
  // SQL is loaded where accounts are in it.
  const { readSqlRows } = await import('./sql-accounts.js')
  return readSqlRows(source.url, source.table, settings)
}
