import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError, UsageError } from '../../../../src/lib/errors.js'
import { openStore } from '../../../../src/lib/store/open-store.js'
import { choosePassword } from '../../../../src/lib/store/password.js'
import { describeTarget, parseStoreUrl } from '../../../../src/lib/store/store-url.js'
import { scratchFile } from '../../support/scratch.js'

describe('the URL of a database', () => {
  it.each([
    ['sqlite:a.db', path.resolve('a.db')],
    ['sqlite:/var/a b%20?c#d.db', '/var/a b%20?c#d.db'],
    ['sqlite:///var/a.db', '/var/a.db'],
    // Kamailio's.
    ['sqlite:////var/a.db', '/var/a.db'],
    ['sqlite:http://x/y', path.resolve('http://x/y')],
    ['sqlite::memory:', undefined]
  ])('%s is a file', (url, file) => {
    expect(parseStoreUrl(url)).toEqual({ engine: 'sqlite', file })
  })

  it.each([
    [
      'mysql://root@127.0.0.1:3307/voipmonitor',
      { engine: 'mysql', host: '127.0.0.1', port: 3307, user: 'root', database: 'voipmonitor' }
    ],
    ['mariadb://gui@db.example/voip', { engine: 'mysql', host: 'db.example', port: 3306, user: 'gui' }],
    ['postgres://p@[::1]/k', { engine: 'postgres', host: '::1', port: 5432, database: 'k' }],
    ['postgresql:///k', { host: 'localhost', user: os.userInfo().username }],
    ['mysql://a%40b:p%3a%2f%25@h/d%20e', { user: 'a@b', password: 'p:/%', database: 'd e' }],
    ['mysql://a:b:c@h/d', { user: 'a', password: 'b:c' }],
    ['mysql://u@/d?socket=/run/mysqld/mysqld.sock', { socket: '/run/mysqld/mysqld.sock' }],
    ['postgres://u@/d?socket=/run/postgresql', { socket: '/run/postgresql', port: 5432 }],
    ['postgres://u@/d?socket=/run/postgresql/.s.PGSQL.5433', { socket: '/run/postgresql', port: 5433 }],
    ['mysql://u@h/d?tls=verify&tls-ca=/etc/ca.pem', { tls: 'verify', tlsCaFile: '/etc/ca.pem' }]
  ])('%s is a server', (url, expected) => {
    expect(parseStoreUrl(url)).toMatchObject(expected)
  })

  it.each([
    '',
    'sqlite:',
    'oracle://h/d',
    'mysql:h/d',
    'mysql://u@h',
    'mysql://u@h/',
    'mysql://u@h:0/d',
    'mysql://u@h:65536/d',
    'mysql://u@h/d?tls=maybe',
    'mysql://u@h/d?sslmode=require',
    'mysql://u@h/d?socket=/a&socket=/b',
    'mysql://u@h/d?tls=',
    'mysql://%zz@h/d',
    'mysql://u@h/d/e',
    'postgres://u@h/d#e'
  ])('"%s" is none', (url) => {
    expect(() => parseStoreUrl(url)).toThrow(UsageError)
  })

  it('never shows its password', () => {
    const wrong = [
      'mysql://u:hush@h',
      'mysql://u:hush@h/d/e',
      'nope://u:hush@h/d',
      'mysql//u:hush@h/d',
      'u:hush@h',
      'mysql://u:hu/hush@h/d',
      'mysql://u:hush@h/d?tls=x'
    ]
    for (const url of wrong)
      expect(() => parseStoreUrl(url)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hush') }))
    const target = parseStoreUrl('mysql://u:hush@[::1]/d?tls=verify')
    expect(describeTarget(target)).toBe('mysql://u@[::1]:3306/d')
  })

  it('is read or refused, whatever it is', () => {
    const parts = fc.constantFrom(
      'mysql',
      'sqlite',
      ':',
      '//',
      '/',
      '@',
      '?',
      '#',
      '[',
      ']',
      '%',
      'tls=',
      'socket=',
      '&',
      '3306',
      'a',
      '\0',
      'ž'
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 20 }), (words) => {
        try {
          describeTarget(parseStoreUrl(words.join('')))
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      })
    )
  })
})

describe('the password of a database', () => {
  const file = () => scratchFile('password', 'from file\nsecond line\n')

  it('comes from the file, else from the environment, else from a private URL, else there is none', () => {
    const env = { PBXKIT_DB_PASSWORD: 'from env' }
    expect(choosePassword('from url', 'private', { env, passwordFile: file() })).toBe('from file')
    expect(choosePassword('from url', 'private', { env })).toBe('from env')
    expect(choosePassword('from url', 'private', { env: {} })).toBe('from url')
    expect(choosePassword(undefined, 'argv', { env: {} })).toBe('')
  })

  it('in a URL of the command line is refused before anybody is asked', async () => {
    const opening = openStore('mysql://u:hush@127.0.0.1:1/d', { timeoutMs: 1000 })
    await expect(opening).rejects.toThrow(UsageError)
    await expect(opening).rejects.toMatchObject({ hint: expect.stringContaining('--db-password-file') })
    await expect(opening).rejects.toThrow(expect.not.objectContaining({ message: expect.stringContaining('hush') }))
  })

  it('has to be readable and there', () => {
    expect(() => choosePassword(undefined, 'argv', { env: {}, passwordFile: '/nowhere' })).toThrow(ConfigError)
    expect(() => choosePassword(undefined, 'argv', { env: {}, passwordFile: scratchFile('p', '\nx') })).toThrow(
      /empty first line/
    )
  })
})
