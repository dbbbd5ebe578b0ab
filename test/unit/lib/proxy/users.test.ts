import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Users, usersFromFile } from '../../../../src/lib/proxy/users.js'

function fileWith(text: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pbxkit-users-'))
  onTestFinished(() => fs.rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'users')
  fs.writeFileSync(file, text)
  return file
}

describe('a users file', () => {
  it('has lines name = secret; comments and empty lines do not count', () => {
    const users = usersFromFile(fileWith('; who\n# may\n\nann = ann-secret\r\n  bob=b=b \n'))
    expect(users.names).toEqual(['ann', 'bob'])
    expect(users.acceptsSecret('ann', 'ann-secret')).toBe(true)
    expect(users.acceptsSecret('bob', 'b=b')).toBe(true)
  })

  for (const [how, line] of [
    ['a line without =', 'ann'],
    ['a line without a name', '= secret'],
    ['an empty secret, which would be a login without one', 'ann ='],
    ['filter columns, which would otherwise be ignored', 'ann=secret,SIP/12,from-internal'],
    ['a user that is there twice', 'first = other']
  ] as const) {
    it(`is refused with the line for ${how}`, () => {
      const file = fileWith(`; comment\nfirst = secret\n${line}\n`)
      expect(() => usersFromFile(file)).toThrow(
        expect.objectContaining({ code: 'E_CONFIG', exit: 78, message: expect.stringContaining(`${file}:3: `) })
      )
    })
  }

  it('may have empty columns', () => {
    expect(usersFromFile(fileWith('ann=secret,,,,\n')).acceptsSecret('ann', 'secret')).toBe(true)
  })

  it('that cannot be read is an error of the configuration with the file and the cause', () => {
    const file = path.join(os.tmpdir(), 'pbxkit-no-such-users-file')
    expect(() => usersFromFile(file)).toThrow(
      expect.objectContaining({
        code: 'E_CONFIG',
        message: expect.stringContaining(file),
        cause: expect.objectContaining({ code: 'ENOENT' })
      })
    )
  })
})

describe('Users', () => {
  const users = new Users(new Map([['ann', 'ann-secret']]))
  const key = (challenge: string, secret: string) =>
    createHash('md5')
      .update(challenge + secret)
      .digest('hex')

  it('accept the right secret of a user that there is, and nothing else', () => {
    expect(users.acceptsSecret('ann', 'ann-secret')).toBe(true)
    for (const [name, secret] of [
      ['ann', ''],
      ['ann', 'ann-secret '],
      ['Ann', 'ann-secret'],
      ['eve', ''],
      ['', '']
    ] as const)
      expect(users.acceptsSecret(name, secret), `${name} ${secret}`).toBe(false)
  })

  it('accept the right key in lower case only, and none of an unknown user', () => {
    expect(users.acceptsKey('ann', '123', key('123', 'ann-secret'))).toBe(true)
    expect(users.acceptsKey('ann', '123', key('123', 'ann-secret').toUpperCase())).toBe(false)
    expect(users.acceptsKey('ann', '124', key('123', 'ann-secret'))).toBe(false)
    expect(users.acceptsKey('eve', '123', key('123', ''))).toBe(false)
  })
})
