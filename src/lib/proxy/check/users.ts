import { suggestion } from '../../nearest.js'
import { Account } from '../accounts/account.js'
import { noAccounts, type ProxySources, usersFromSections } from '../config.js'
import { readSmallFile } from '../legacy/accounts-file.js'
import { parseAstmanproxyUsers } from '../legacy/astmanproxy-users.js'
import { knownActions } from '../rights/action-classes.js'
import type { UserOptions } from '../user-options.js'
import { type CheckFinding, findingOfError } from './check-finding.js'

/** A user and its rights, without its secret. */
export interface CheckedUser extends Omit<UserOptions, 'secret'> {
  /** How the secret is kept: `plain` or the kind of its hash. */
  secret: string
}

/** All accounts, and all that is wrong with any of them. `users` has those that can be used. */
export function checkUsers(sources: ProxySources, { authRequired }: { authRequired: boolean }) {
  const findings: CheckFinding[] = []
  const users: CheckedUser[] = []
  const names = new Set<string>()
  const options = readUsers(sources, findings)
  for (const user of options ?? []) {
    try {
      const account = new Account(user)
      if (names.has(user.name))
        findings.push({ code: 'duplicate-user', severity: 'error', message: `${user.where}: the user is there twice` })
      names.add(user.name)
      findings.push(...mistypedActions(user))
      users.push({ ...user, secret: account.secret.kind === 'plain' ? 'plain' : `hashed (${account.secret.kind})` })
    } catch (error) {
      findings.push(findingOfError(error))
    }
  }
  if (options === undefined && authRequired && findings.length === 0)
    findings.push({ ...findingOfError(noAccounts()), code: 'no-users' })
  return { users, findings }
}

/** Modules that Asterisk had before 22 (Monitor, SIPpeers, MeetmeList …), or that others make: what looks like a typo of ours is none. */
const otherModules = /^(sip|skinny|dahdi|pri|zap|meetme|jabber|iax|dongle|quectel)|monitor$/i

/** A rule for an action that nobody sends refuses nothing, or allows nothing. */
function mistypedActions({ allow, deny, where }: UserOptions): CheckFinding[] {
  const known = new Set(knownActions.map((name) => name.toLowerCase()))
  return [...allow, ...deny].flatMap((rule): CheckFinding[] => {
    const [action] = /^[\w-]+(?=\s|$)/.exec(rule.trim()) ?? []
    if (action === undefined || known.has(action.toLowerCase()) || otherModules.test(action)) return []
    const near = suggestion(action, knownActions)
    const message = `${where}: the rule "${rule}" is for the action ${action}, which Asterisk 22 does not have`
    return [{ code: 'unknown-action', severity: near ? 'warning' : 'info', message, ...(near && { hint: near }) }]
  })
}

function readUsers(sources: ProxySources, findings: CheckFinding[]): UserOptions[] | undefined {
  try {
    const { usersFile, files, readSecret } = sources
    if (usersFile !== undefined) {
      const read = parseAstmanproxyUsers(readSmallFile(usersFile, 'users file'), usersFile)
      findings.push(...read.findings)
      if (read.users.length === 0)
        findings.push({
          code: 'no-users',
          severity: 'error',
          file: usersFile,
          message: 'The file names no user',
          hint: 'Write name = secret, one a line.'
        })
      return read.users
    }
    for (const { path, sections } of files) {
      const users = usersFromSections(sections, path, readSecret)
      if (users) return users
    }
  } catch (error) {
    findings.push(findingOfError(error))
  }
  return undefined
}
