import { DataError } from '../errors.js'
import { createRecord, formatRecord } from '../scram/record.js'
import type { TunnelAccounts } from './accounts.js'
import type { ImportedUser, ImportProblem } from './import-file.js'

export const existingPolicies = ['fail', 'skip', 'replace'] as const
export type ExistingPolicy = (typeof existingPolicies)[number]

export interface ImportOptions {
  /** What becomes of users who are there already. */
  existing: ExistingPolicy
  /** Of the SCRAM records that are made of passwords. */
  iterations?: number | undefined
  onProgress?: ((done: number, of: number) => void) | undefined
  signal?: AbortSignal | undefined
}

/** libuv has four threads to derive keys on. */
const parallel = 4
/** More than anybody corrects at one go. */
const shownProblems = 100

/**
 * Adds users whole or not at all: everything is derived and looked at first, then written in one transaction.
 * @throws DataError with `details.problems` (line, message), and nothing was changed; what the store throws
 */
export async function importUsers(
  accounts: TunnelAccounts,
  { users, problems }: { users: readonly ImportedUser[]; problems: readonly ImportProblem[] },
  { existing, iterations, onProgress, signal }: ImportOptions
): Promise<{ added: number; changed: number; skipped: number }> {
  const all = [...problems, ...(await accounts.conflictsWith(users, existing === 'fail'))].sort(
    (one, other) => one.line - other.line
  )
  if (all.length > 0) throw importError(all)
  const records = new Map<ImportedUser, string>()
  const waiting = users.filter(({ password }) => password !== undefined)
  const work = waiting.values()
  const derive = async () => {
    for (const user of work) {
      signal?.throwIfAborted()
      try {
        records.set(user, formatRecord(await createRecord(user.password!, iterations === undefined ? {} : { iterations })))
      } catch (error) {
        if (!(error instanceof DataError)) throw error
        all.push({ line: user.line, message: error.message })
      }
      onProgress?.(records.size, waiting.length)
    }
  }
  await Promise.all(Array.from({ length: parallel }, derive))
  if (all.length > 0) throw importError(all.sort((one, other) => one.line - other.line))
  const rows = users.map((user) => ({
    username: user.username,
    scram: records.get(user) ?? user.scram ?? '',
    token: user.token ?? null
  }))
  return accounts.putAll(rows, existing)
}

function importError(problems: readonly ImportProblem[]): DataError {
  const [first] = problems
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : ''
  return new DataError(`Nothing was imported: line ${first!.line}: ${first!.message}${more}`, {
    details: { problems: problems.slice(0, shownProblems), problemCount: problems.length }
  })
}
