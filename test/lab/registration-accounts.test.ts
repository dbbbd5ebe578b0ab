import { afterAll, beforeAll } from 'vitest'
import { describeAccountTable } from '../unit/lib/registrations/accounts/support/behaviour.js'
import type { RunningServer } from './servers/instance.js'
import { startMariadb } from './servers/mariadb.js'
import { startPostgresql } from './servers/postgresql.js'
import { describeLab } from './support/lab.js'

await describeLab('accounts in MariaDB', () => suite(() => startMariadb({ name: 'accounts' })), 'mariadb')
await describeLab('accounts in PostgreSQL', () => suite(() => startPostgresql({ name: 'accounts' })), 'postgresql')

function suite(start: () => Promise<RunningServer & { readonly url: string }>): void {
  let starting: Promise<RunningServer & { readonly url: string }> | undefined
  beforeAll(async () => {
    starting = start()
    await starting
  })
  afterAll(async () => (await starting)?.stop())
  describeAccountTable(async () => (await starting!).url)
}
