import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../../src/lib/errors.js'
import { parseUsers, readUsersFile } from '../../../../src/lib/users/users-file.js'

describe('the users file', () => {
  it('takes name = secret with further columns, and leaves comments out', () => {
    const text = '; user=secret,channel\n# old\n\nbill = pass  ; the boss\r\nsteve=s=1,SIP/snom190,local,\n'
    expect(parseUsers(text, 'users')).toEqual([
      { name: 'bill', secret: 'pass', columns: [], where: 'users:4' },
      { name: 'steve', secret: 's=1', columns: ['SIP/snom190', 'local', ''], where: 'users:5' }
    ])
  })

  it.each([
    ['bill', 'users:1'],
    ['a=b\n=secret', 'users:2'],
    ['bill=', 'users:1'],
    ['a=1\na=2', 'users:2'],
    ['; nobody', 'names no user']
  ])('refuses %j', (text, message) => {
    expect(() => parseUsers(text, 'users')).toThrow(ConfigError)
    expect(() => parseUsers(text, 'users')).toThrow(message)
  })

  it('is read from disk, or named in the error', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-users-'))
    const file = path.join(folder, 'users.conf')
    expect(() => readUsersFile(file)).toThrow(file)
    fs.writeFileSync(file, 'admin=x\n')
    expect(readUsersFile(file)).toMatchObject([{ name: 'admin', secret: 'x' }])
    fs.rmSync(folder, { recursive: true })
  })
})
