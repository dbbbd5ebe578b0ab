import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { ConfigError } from '../errors.js'

/** Whom a service is to run as: names, or numbers that the system has an account for. */
export interface Identity {
  user?: string | undefined
  /** Without it, the user's own. */
  group?: string | undefined
}

/** An account of the system. */
export interface Account {
  name: string
  uid: number
  /** Its primary group. */
  gid: number
}

/** What is asked of the process: Node has none of it on Windows. */
export type PrivilegeCalls = Partial<Pick<NodeJS.Process, 'getuid' | 'geteuid' | 'getgid' | 'getegid' | 'setgid' | 'setuid'>> & {
  /** Node has it; its types of this version do not. */
  initgroups?(user: string, extraGroup: number): void
}

/** Who is known to the system. */
export interface Accounts {
  findUser(name: string): Account | undefined
  /** @returns its number */
  findGroup(name: string): number | undefined
}

/** Is there anything to drop: was a user asked for, and are we root? */
export function needsDrop({ user }: Identity, calls: PrivilegeCalls = process): boolean {
  return user !== undefined && isRoot(calls)
}

const isRoot = (calls: PrivilegeCalls) => calls.geteuid?.() === 0 || calls.getuid?.() === 0

/**
 * Finds the user and the group that were asked for, to hand files over to them before the rights are gone.
 * @throws ConfigError for an unknown user or group, and for uid 0, as astmanproxy did
 */
export function resolveIdentity({ user, group }: Identity, accounts: Accounts = systemAccounts): Account | undefined {
  if (user === undefined) {
    if (group === undefined) return undefined
    throw new ConfigError(`The group ${group} is of no use without a user`, { hint: 'Name the user to run as, too.' })
  }
  const account = accounts.findUser(user)
  if (!account)
    throw new ConfigError(`There is no user ${user} to run as`, { hint: 'Name one that exists, or add it with useradd.' })
  if (account.uid === 0)
    throw new ConfigError(`The user ${user} is root, and a service must not run as root`, { hint: 'Name another user.' })
  const gid = group === undefined ? account.gid : accounts.findGroup(group)
  if (gid === undefined)
    throw new ConfigError(`There is no group ${group} to run as`, { hint: 'Name one that exists, or add it with groupadd.' })
  return { ...account, gid }
}

/**
 * Gives up root for good: the user's supplementary groups take the place of root's (astmanproxy kept those), then group, then user. Ports below 1024
 * and files of root have to be open by then. Without root it is enough to be that user already.
 * @throws ConfigError when there is no such user or group, when it is uid 0, when we are neither root nor that user, or when root could come back
 */
export function dropPrivileges(identity: Identity, calls: PrivilegeCalls = process, accounts: Accounts = systemAccounts): void {
  const account = resolveIdentity(identity, accounts)
  if (!account) return
  if (!isRoot(calls)) {
    if (calls.getuid?.() === account.uid) return
    throw new ConfigError(`Only root can run as ${account.name}`, { hint: 'Start it as root, or as that user.' })
  }
  try {
    calls.initgroups!(account.name, account.gid)
    calls.setgid!(account.gid)
    calls.setuid!(account.uid)
  } catch (cause) {
    throw new ConfigError(`Cannot become the user ${account.name}: ${(cause as Error).message}`, { cause })
  }
  assertDropped(account, calls)
}

/** A call that changed only the effective user would leave a way back. */
function assertDropped({ name, uid, gid }: Account, calls: PrivilegeCalls): void {
  const users = [calls.getuid!(), calls.geteuid!()]
  const groups = [calls.getgid!(), calls.getegid!()]
  if (users.some((one) => one !== uid) || groups.some((one) => one !== gid) || canReturn(calls))
    throw new ConfigError(`Rights of root are left after becoming the user ${name}`)
}

function canReturn(calls: PrivilegeCalls): boolean {
  try {
    calls.setuid!(0)
    return true
  } catch {
    return false
  }
}

/** /etc/passwd and /etc/group, and what else the name service knows (LDAP, systemd) where `getent` is there to ask it. */
export const systemAccounts: Accounts = {
  findUser(wanted) {
    const [name, , uid, gid] = findEntry('passwd', wanted) ?? []
    return name === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) }
  },
  findGroup(wanted) {
    const gid = findEntry('group', wanted)?.[2]
    return gid === undefined ? undefined : Number(gid)
  }
}

/** @returns the fields of its line: name, password, number, … */
function findEntry(database: 'passwd' | 'group', wanted: string): string[] | undefined {
  if (!/^[^\s:\0-][^\s:\0]*$/.test(wanted)) return undefined
  const entries = readEntries(() => fs.readFileSync(`/etc/${database}`, 'utf8'))
  return (
    matching(entries, wanted) ??
    matching(
      readEntries(() => askNameService(database, wanted)),
      wanted
    )
  )
}

/** A name goes before a number, as in chown: a user may be called 1000. */
function matching(entries: string[][], wanted: string): string[] | undefined {
  return entries.find(([name]) => name === wanted) ?? entries.find(([, , id]) => /^\d+$/.test(wanted) && id === wanted)
}

function readEntries(read: () => string): string[][] {
  let text: string
  try {
    text = read()
  } catch {
    // No such file, or nobody of that name: both are "not there".
    return []
  }
  const entries = text.split('\n').map((line) => line.split(':'))
  return entries.filter(([, , id, gid]) => /^\d+$/.test(id ?? '') && gid !== undefined)
}

function askNameService(database: string, wanted: string): string {
  // A directory server that does not answer must not hold the start up for ever.
  return execFileSync('getent', [database, wanted], { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'pipe', 'ignore'] })
}
