import { describe, expect, it } from 'vitest'
import { DataError } from '../../../../src/lib/errors.js'
import { CredentialList } from '../../../../src/lib/uac/credential-list.js'

describe('a list of logins', () => {
  it('has one for each realm, with colons in the password and blanks in the realm', () => {
    const list = new CredentialList('\ufeff# ours\n\nalice:pbx:se:cr et\r\nbob:My PBX:x\n', 'logins')
    expect(list.size).toBe(2)
    expect(list.find('pbx')).toEqual({ username: 'alice', password: 'se:cr et' })
    expect(list.find('My PBX')).toEqual({ username: 'bob', password: 'x' })
    expect(list.find('PBX')).toBeUndefined()
  })

  it('takes the last of two for one realm, as Kamailio does', () => {
    expect(new CredentialList('a:r:1\nb:r:2', 'logins').find('r')).toEqual({ username: 'b', password: '2' })
  })

  it.each(['alice', 'alice:pbx', 'alice:pbx:', ':pbx:secret', 'alice::secret', 'al ice:pbx:secret', 'alice:pbx:sec\x07ret'])(
    'refuses %j with its line, and never says what stands there',
    (line) => {
      const read = () => new CredentialList(`a:r:1\n${line}\n`, 'logins')
      expect(read).toThrow(DataError)
      expect(read).toThrow(/^logins:2: this is no user:realm:password$/)
    }
  )
})
