import { isDeepStrictEqual } from 'node:util'
import type { RegistrationAccount } from '../account.js'

/** What one list of accounts has become in another. */
export interface AccountDiff {
  added: RegistrationAccount[]
  /** As they were. */
  removed: RegistrationAccount[]
  changed: { before: RegistrationAccount; after: RegistrationAccount }[]
  /** As they were: whoever keeps them goes on with what it has. */
  same: RegistrationAccount[]
}

/** By what an account is known over reloads. */
function accountKey(account: Pick<RegistrationAccount, 'uuid'>): string {
  return account.uuid
}

/**
 * What a reload has to do. Where an account was read is no difference: a line above it was added.
 * @param broken keys of rows that are there and wrong (`uuid` of the problems): who was registered stays so as it was, because a slip in a file is no
 *   wish to unregister
 */
export function diffAccounts(
  before: Iterable<RegistrationAccount>,
  after: Iterable<RegistrationAccount>,
  broken: ReadonlySet<string> = new Set()
): AccountDiff {
  const rest = new Map([...before].map((account) => [accountKey(account), account]))
  const diff: AccountDiff = { added: [], removed: [], changed: [], same: [] }
  for (const account of after) {
    const old = rest.get(accountKey(account))
    rest.delete(accountKey(account))
    if (!old) diff.added.push(account)
    else if (isDeepStrictEqual({ ...old, source: '' }, { ...account, source: '' })) diff.same.push(old)
    else diff.changed.push({ before: old, after: account })
  }
  for (const [key, account] of rest) diff[broken.has(key) ? 'same' : 'removed'].push(account)
  return diff
}

/** Is the old binding at another place than the new one will be? Then it has to be taken back first. */
export function hasMoved(before: RegistrationAccount, after: RegistrationAccount): boolean {
  const place = ({ username, domain, proxies, socket, transport }: RegistrationAccount) =>
    JSON.stringify([username, domain, proxies, socket, transport])
  return place(before) !== place(after)
}
