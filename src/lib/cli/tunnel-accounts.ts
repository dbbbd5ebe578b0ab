import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { IoError } from '../errors.js'
import type { TunnelAccounts } from '../tunnel-server/accounts.js'
import { Flags } from './oclif.js'

/** For every command that looks into the tunnel's accounts. */
export const accountsFlags = {
  db: Flags.string({
    description: 'where the accounts are (default: sqlite:/var/lib/pbxkit/tunnel.db for root, else in ~/.local/share/pbxkit)',
    helpValue: 'URL',
    helpGroup: 'ACCOUNTS'
  }),
  'db-password-file': Flags.string({
    description: "file with the database's password (else PBXKIT_DB_PASSWORD)",
    helpValue: 'FILE',
    helpGroup: 'ACCOUNTS'
  })
}

/** @throws what the store throws; IoError when there is no folder for the default file */
export async function openAccounts(
  { db, 'db-password-file': passwordFile }: { db: string | undefined; 'db-password-file': string | undefined },
  timeoutMs: number
): Promise<TunnelAccounts> {
  const [{ TunnelAccounts: Accounts }, { openStore }] = await Promise.all([
    import('../tunnel-server/accounts.js'),
    import('../store/open-store.js')
  ])
  const store = await openStore<never>(db ?? defaultUrl(), { timeoutMs, passwordFile })
  try {
    return await Accounts.open(store)
  } catch (error) {
    await store.close()
    throw error
  }
}

function defaultUrl(): string {
  const home = process.env.XDG_DATA_HOME || path.join(os.homedir(), '.local/share')
  const folder = path.join(process.getuid?.() === 0 ? '/var/lib' : home, 'pbxkit')
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new IoError(`Cannot make the folder ${folder}: ${(cause as Error).message}`, {
      cause,
      hint: 'Name a place for the accounts with --db sqlite:FILE.'
    })
  }
  return `sqlite:${path.join(folder, 'tunnel.db')}`
}
