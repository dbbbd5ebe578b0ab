import { describe, expect, it } from 'vitest'
import {
  assertDistinct,
  chooseAccounts,
  chooseServers,
  noAccounts,
  type ProxySources,
  type Section,
  serverFromText,
  serversFromSections,
  usersFromSections
} from '../../../../src/lib/proxy/config.js'

const readSecret = (file: string) => `secret of ${file}`
const servers = (sections: Record<string, Section>) => serversFromSections(sections, '/etc/proxy.ini', readSecret)
const defaults = { username: 'proxy', secret: 's', auth: 'md5' as const }
const none: ProxySources = {
  files: [],
  serverTexts: [],
  defaults: undefined,
  single: undefined,
  usersFile: undefined,
  readSecret
}

describe('[server NAME] sections', () => {
  it('need a username and a secret; the rest has defaults', () => {
    expect(servers({ 'server pbx.example.org': { username: 'u', secret: 'x' } })).toEqual([
      { name: 'pbx.example.org', host: 'pbx.example.org', port: 5038, username: 'u', secret: 'x', auth: 'md5', tls: undefined }
    ])
  })

  it('read everything that can be set; TLS changes the default port', () => {
    const pin = 'ab'.repeat(32)
    const section = {
      host: '10.0.0.1',
      username: 'u',
      'secret-file': '/s',
      auth: 'plain',
      'tls-pin': `sha256:${pin}`,
      'tls-name': 'pbx'
    }
    expect(servers({ 'server a': section })).toEqual([
      {
        name: 'a',
        host: '10.0.0.1',
        port: 5039,
        username: 'u',
        secret: 'secret of /s',
        auth: 'plain',
        tls: { caFile: undefined, pin, serverName: 'pbx', insecure: false }
      }
    ])
  })

  const complete = { username: 'u', secret: 's' }
  for (const [how, section, message] of [
    ['no username', { secret: 's' }, 'username is missing'],
    ['no secret', { username: 'u' }, 'secret is missing'],
    ['an unknown key', { ...complete, hots: 'x' }, 'unknown setting "hots"'],
    ['a port that is none', { ...complete, port: '70000' }, '"70000" is not a port'],
    ['a port with a word behind it', { ...complete, port: '5038x' }, '"5038x" is not a port'],
    ['a way to log in that there is not', { ...complete, auth: 'sha1' }, 'auth must be md5 or plain, not "sha1"'],
    ['a tls that is neither yes nor no', { ...complete, tls: 'maybe' }, 'tls must be yes or no, not "maybe"']
  ] as const) {
    it(`with ${how} are refused, with file and section`, () => {
      expect(() => servers({ 'server a': section })).toThrow(
        expect.objectContaining({ code: 'E_CONFIG', exit: 78, message: `/etc/proxy.ini [server a]: ${message}` })
      )
    })
  }

  it('with a pin that is none are refused', () => {
    expect(() => servers({ 'server a': { ...complete, 'tls-pin': 'abc' } })).toThrow(/"abc" is not a certificate pin/)
  })

  it('are not mixed up with other sections', () => {
    expect(
      servers({ 'profile a': {}, 'user a': { secret: 's' }, servers: {}, 'server b': complete }).map(({ name }) => name)
    ).toEqual(['b'])
  })
})

describe('[user NAME] sections', () => {
  const users = (sections: Record<string, Section>) => usersFromSections(sections, '/etc/proxy.ini', readSecret)

  it('name who may log in', () => {
    const found = users({ 'user john.doe': { secret: 'a b;c' }, 'user eve': { 'secret-file': '/eve' } })!
    expect(found.map(({ name, secret, admin, filter }) => ({ name, secret, admin, filter }))).toEqual([
      { name: 'john.doe', secret: 'a b;c', admin: false, filter: undefined },
      { name: 'eve', secret: 'secret of /eve', admin: false, filter: undefined }
    ])
  })

  it('say what a user may see and do', () => {
    const [user] = users({
      'user crm': {
        ...{ secret: 's', admin: 'yes', server: 'pbx-a', read: 'call,cdr', write: 'originate', 'dry-run': 'yes' },
        ...{ allow: ['Ping', 'Originate Channel=Local/*@crm'], deny: 'Command', permit: '10.0.0.0/8' },
        'event-filter': ['eventfilter(name(Hangup)) =', '!Event: VarSet'],
        ...{ channel: 'PJSIP/1', 'in-context': 'In', account: 'Acc', 'more-events': 'yes', filters: 'cdronly|novar' }
      }
    })!
    expect(user).toMatchObject({
      ...{ admin: true, server: 'pbx-a', read: 'call,cdr', write: 'originate', dryRun: true, permit: ['10.0.0.0/8'] },
      ...{ allow: ['Ping', 'Originate Channel=Local/*@crm'], deny: ['Command'] },
      eventFilters: ['eventfilter(name(Hangup)) =', '!Event: VarSet'],
      filter: { channel: 'PJSIP/1', inContext: 'In', account: 'Acc', moreEvents: true, only: ['cdr'], noVar: true }
    })
  })

  it('with a filter that there is not are refused', () => {
    expect(() => users({ 'user a': { secret: 's', filters: 'cdr' } })).toThrow('/etc/proxy.ini [user a]: unknown filter "cdr"')
  })

  it('without a secret, or with an unknown key, are refused with file and section', () => {
    expect(() => users({ 'user a': {} })).toThrow('/etc/proxy.ini [user a]: secret is missing')
    expect(() => users({ 'user a': { secret: '' } })).toThrow('/etc/proxy.ini [user a]: secret is missing')
    expect(() => users({ 'user a': { secret: 's', filter: 'x' } })).toThrow('/etc/proxy.ini [user a]: unknown setting "filter"')
  })

  it('are not there at all when there is none', () => {
    expect(users({ 'server a': {} })).toBeUndefined()
  })
})

describe('--server', () => {
  for (const [text, expected] of [
    ['10.0.0.1', { name: '10.0.0.1', host: '10.0.0.1', port: 5038, username: 'proxy' }],
    ['pbx-a=10.0.0.1:5040', { name: 'pbx-a', host: '10.0.0.1', port: 5040 }],
    ['amis://boss@pbx.example.org', { name: 'pbx.example.org', port: 5039, username: 'boss', tls: {} }],
    ['b=ami://[2001:db8::1]:5038', { name: 'b', host: '2001:db8::1', port: 5038, tls: undefined }]
  ] as const) {
    it(`reads ${text}`, () => {
      expect(serverFromText(text, defaults)).toMatchObject({ ...defaults, ...expected })
    })
  }

  for (const text of ['', 'a b', 'a=', 'http://x', 'host:0', 'host:70000', 'x=y=z', '::1']) {
    it(`refuses "${text}"`, () => {
      expect(() => serverFromText(text, defaults)).toThrow(expect.objectContaining({ code: 'E_CONFIG' }))
    })
  }
})

describe('the choice of servers and users', () => {
  const file = { path: '/a', sections: { 'server a': { username: 'u', secret: 's' }, 'user x': { secret: 's' } } }

  it('takes --server before --host before the nearest file', () => {
    const single = { host: 'h', port: 5038 }
    const names = (sources: Partial<ProxySources>) => chooseServers({ ...none, ...sources }).map(({ name }) => name)
    expect(names({ files: [file], serverTexts: ['s'], defaults, single })).toEqual(['s'])
    expect(names({ files: [file], defaults, single })).toEqual(['h'])
    expect(names({ files: [{ path: '/0', sections: {} }, file] })).toEqual(['a'])
  })

  it('fails with what to do when there is none', () => {
    expect(() => chooseServers(none)).toThrow(
      expect.objectContaining({ code: 'E_CONFIG', hint: expect.stringContaining('--demo') })
    )
    expect(chooseAccounts(none)).toBeUndefined()
    expect(noAccounts()).toMatchObject({ code: 'E_CONFIG', hint: expect.stringContaining('--users') })
    expect(chooseAccounts({ ...none, files: [file] })?.names).toEqual(['x'])
  })

  it('refuses two servers of one name, in any case, and names that no header can hold', () => {
    const server = (name: string) => ({ ...defaults, name, host: 'h', port: 1 })
    expect(() => assertDistinct([server('a'), server('A')])).toThrow('Two servers are called A')
    expect(() => assertDistinct([server('a\r\nb')])).toThrow(/cannot be the name/)
    expect(() => assertDistinct([server(' ')])).toThrow(/cannot be the name/)
  })
})
