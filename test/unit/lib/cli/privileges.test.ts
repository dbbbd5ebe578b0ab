import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import esbuild from 'esbuild'
import { describe, expect, it } from 'vitest'
import {
  type Accounts,
  dropPrivileges,
  needsDrop,
  type PrivilegeCalls,
  resolveIdentity,
  systemAccounts
} from '../../../../src/lib/cli/privileges.js'
import { ConfigError } from '../../../../src/lib/errors.js'
import { scratchFolder } from '../../support/scratch.js'

const accounts: Accounts = {
  findUser: (name) =>
    ({ astman: { name: 'astman', uid: 1000, gid: 1000 }, root: { name: 'root', uid: 0, gid: 0 } })[name as 'astman' | 'root'],
  findGroup: (name) => (name === 'pbx' ? 2000 : undefined)
}

/** A process with the rules of POSIX; `log` has the calls that change something, in their order. */
function fakeProcess(uid: number, broken: (now: { uid: number }) => PrivilegeCalls = () => ({})) {
  const log: string[] = []
  const now = { uid, gid: uid }
  const asRoot = (call: string, change: () => void) => {
    if (now.uid !== 0) throw new Error(`EPERM, ${call}`)
    log.push(call)
    change()
  }
  const calls: PrivilegeCalls = {
    getuid: () => now.uid,
    geteuid: () => now.uid,
    getgid: () => now.gid,
    getegid: () => now.gid,
    initgroups: (user, group) => asRoot(`initgroups ${user} ${group}`, () => {}),
    setgid: (id) => asRoot(`setgid ${id}`, () => Object.assign(now, { gid: Number(id) })),
    setuid: (id) => asRoot(`setuid ${id}`, () => Object.assign(now, { uid: Number(id) })),
    ...broken(now)
  }
  return { calls, log, now }
}

describe('dropPrivileges', () => {
  it('takes the groups of the user, then the group, then the user', () => {
    const { calls, log, now } = fakeProcess(0)
    dropPrivileges({ user: 'astman', group: 'pbx' }, calls, accounts)
    expect(log).toEqual(['initgroups astman 2000', 'setgid 2000', 'setuid 1000'])
    expect(now).toEqual({ uid: 1000, gid: 2000 })
  })

  it('takes the primary group of the user when no group is named', () => {
    const { calls, now } = fakeProcess(0)
    dropPrivileges({ user: 'astman' }, calls, accounts)
    expect(now).toEqual({ uid: 1000, gid: 1000 })
  })

  it('changes nothing when nobody is named, or when it is that user already', () => {
    const root = fakeProcess(0)
    dropPrivileges({}, root.calls, accounts)
    const astman = fakeProcess(1000)
    dropPrivileges({ user: 'astman', group: 'pbx' }, astman.calls, accounts)
    expect([root.log, astman.log]).toEqual([[], []])
  })

  it.each([
    ['an unknown user', { user: 'nemo' }, 0, 'no user nemo'],
    ['an unknown group', { user: 'astman', group: 'nemo' }, 0, 'no group nemo'],
    ['a group alone', { group: 'pbx' }, 0, 'without a user'],
    ['root', { user: 'root' }, 0, 'must not run as root'],
    ['another user without root', { user: 'astman' }, 1001, 'Only root can run as astman']
  ])('refuses %s', (_, identity, uid, message) => {
    const { calls, log } = fakeProcess(uid)
    expect(() => dropPrivileges(identity, calls, accounts)).toThrow(ConfigError)
    expect(() => dropPrivileges(identity, calls, accounts)).toThrow(message)
    expect(log).toEqual([])
  })

  it('refuses a system without users', () => {
    expect(() => dropPrivileges({ user: 'astman' }, {}, accounts)).toThrow('Only root')
  })

  it('says which user it cannot become, and why', () => {
    const { calls } = fakeProcess(0, () => ({
      initgroups: () => {
        throw new Error('EPERM, Operation not permitted')
      }
    }))
    expect(() => dropPrivileges({ user: 'astman' }, calls, accounts)).toThrow('Cannot become the user astman: EPERM')
  })

  it.each<[string, (now: { uid: number }) => PrivilegeCalls]>([
    ['root can come back', (now) => ({ setuid: (id) => void Object.assign(now, { uid: Number(id) }) })],
    ['the real user is still root', () => ({ getuid: () => 0 })],
    ['the effective group is still that of root', () => ({ getegid: () => 0 })]
  ])('refuses to go on when %s', (_, broken) => {
    const { calls } = fakeProcess(0, broken)
    expect(() => dropPrivileges({ user: 'astman' }, calls, accounts)).toThrow('Rights of root are left')
  })
})

describe('needsDrop', () => {
  it('is so for root with a user to become', () => {
    expect(needsDrop({ user: 'astman' }, fakeProcess(0).calls)).toBe(true)
    expect(needsDrop({}, fakeProcess(0).calls)).toBe(false)
    expect(needsDrop({ user: 'astman' }, fakeProcess(1000).calls)).toBe(false)
    expect(needsDrop({ user: 'astman' }, {})).toBe(false)
  })
})

describe('the accounts of the system', () => {
  it('are found by name and by number', () => {
    const root = { name: 'root', uid: 0, gid: 0 }
    expect(systemAccounts.findUser('root')).toEqual(root)
    expect(systemAccounts.findUser('0')).toEqual(root)
    expect(systemAccounts.findGroup('0')).toBe(0)
  })

  it.each(['no-such-name-here', '', '-n', 'root:x', 'ro ot', '4294967290'])('do not know %j', (name) => {
    expect(systemAccounts.findUser(name)).toBeUndefined()
    expect(systemAccounts.findGroup(name)).toBeUndefined()
  })

  it('give the numbers that files are handed over to', () => {
    expect(resolveIdentity({ user: 'astman', group: 'pbx' }, accounts)).toEqual({ name: 'astman', uid: 1000, gid: 2000 })
  })
})

describe('a process of root', () => {
  const canDrop = process.getuid?.() === 0 && systemAccounts.findUser('nobody') !== undefined

  it.skipIf(!canDrop)('becomes nobody, with no group of root left and no way back', () => {
    const module = path.join(scratchFolder(), 'privileges.mjs')
    esbuild.buildSync({
      entryPoints: [path.join(import.meta.dirname, '../../../../src/lib/cli/privileges.ts')],
      outfile: module,
      bundle: true,
      platform: 'node',
      format: 'esm'
    })
    const script = path.join(path.dirname(module), 'drop.mjs')
    // Groups that root may have: a drop without initgroups keeps them.
    fs.writeFileSync(
      script,
      `import { dropPrivileges } from './privileges.mjs'
process.setgroups([0, 4, 6])
dropPrivileges({ user: 'nobody' })
let back = 'root again'
try { process.setuid(0) } catch (error) { back = error.code }
console.log(JSON.stringify({ ids: [process.getuid(), process.geteuid(), process.getgid(), process.getegid()], groups: process.getgroups(), back }))`
    )
    const { ids, groups, back } = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' }))
    const { uid, gid } = systemAccounts.findUser('nobody')!
    const ownGroups = execFileSync('id', ['-G', 'nobody'], { encoding: 'utf8' }).trim().split(' ').map(Number)
    expect(ids).toEqual([uid, uid, gid, gid])
    expect(groups.toSorted()).toEqual(ownGroups.toSorted())
    expect(back).toBe('EPERM')
  })
})
