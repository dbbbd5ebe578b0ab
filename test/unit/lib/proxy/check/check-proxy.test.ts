import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type CheckInput, checkProxy } from '../../../../../src/lib/proxy/check/check-proxy.js'
import type { ProxySources, Section } from '../../../../../src/lib/proxy/config.js'
import { scratchFolder } from '../../../support/scratch.js'
import { certificate } from '../../../support/scripted-server.js'

const now = new Date('2026-12-01T00:00:00Z')
const server = { host: '127.0.0.1', username: 'u', secret: 'upstream-secret' }
const hash = '$2b$10$abcdefghijklmnopqrstuuAbCdEfGhIjKlMnOpQrStUvWxYz01234'
const usual: Record<string, Section> = { 'server pbx': server, 'user ann': { secret: hash } }

function sourcesOf(sections: Record<string, Section>, more: Partial<ProxySources> = {}): ProxySources {
  const files = [{ path: '/p.ini', sections }]
  return { files, serverTexts: [], defaults: undefined, single: undefined, usersFile: undefined, readSecret: () => 's', ...more }
}

function check(sections: Record<string, Section> = usual, input: Partial<CheckInput> = {}) {
  return checkProxy({
    sources: sourcesOf(sections),
    demo: false,
    listen: ['127.0.0.1:1234'],
    authRequired: true,
    hasProxyKey: false,
    acceptUnencrypted: true,
    broadcastResponses: false,
    tls: undefined,
    now,
    lineOf: () => 7,
    ...input
  })
}
const codes = (report: ReturnType<typeof check>) => report.findings.map(({ code, severity }) => `${severity} ${code}`)
const tlsOf = (cert: 'server' | 'other', key = cert) => {
  const { file } = certificate(cert)
  return { certFile: file, keyFile: path.join(path.dirname(file), `${key}.key`) }
}

describe('a check of the proxy', () => {
  it('finds nothing where nothing is wrong, and shows no secret', () => {
    const report = check()
    expect(report.findings).toEqual([])
    expect(report.listeners).toEqual(['127.0.0.1:1234'])
    expect(report.servers).toEqual([
      { name: 'pbx', address: '127.0.0.1:5038', username: 'u', secret: 'set', auth: 'md5', tls: 'no' }
    ])
    expect(report.users).toMatchObject([{ name: 'ann', secret: 'hashed (bcrypt)', admin: false, where: '/p.ini [user ann]' }])
    expect(JSON.stringify(report)).not.toMatch(/upstream-secret|\$2b/)
  })

  it('finds every fault, not only the first', () => {
    const users = {
      'user a': { secret: 's', bogus: '1' },
      'user b': { secret: 's', permit: 'x' },
      'user c': { secret: 's', read: 'call' }
    }
    const report = check({ 'server pbx': { ...server, prot: '1' }, ...users }, { listen: ['127.0.0.1:99999', '127.0.0.1:1'] })
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([
      expect.objectContaining({ message: '"127.0.0.1:99999" is not an address' }),
      {
        code: 'unknown-key',
        severity: 'error',
        file: '/p.ini',
        line: 7,
        message: '[server pbx]: unknown setting "prot"',
        hint: 'Did you mean port?'
      },
      { code: 'unknown-key', severity: 'error', file: '/p.ini', line: 7, message: '[user a]: unknown setting "bogus"' },
      expect.objectContaining({ message: expect.stringContaining('/p.ini [user b]') })
    ])
    expect(report.users.map(({ name }) => name)).toEqual(['a', 'c'])
  })

  it('finds a class of events that there is none of, as of actions', () => {
    const users = { 'user a': { secret: hash, read: 'call, bogus' }, 'user b': { secret: hash, write: 'bogus' } }
    expect(check({ ...usual, ...users }).findings.map(({ message }) => message)).toEqual([
      '/p.ini [user a]: read has "bogus", which is no class of events',
      '/p.ini [user b]: write has "bogus", which is no class of actions'
    ])
    for (const read of ['all', 'on', 'none', '', '64', 'Call,CDR security', 'hookresponse'])
      expect(check({ ...usual, 'user a': { secret: hash, read } }).findings, read).toEqual([])
  })

  it('finds rules for actions that there are none of, a typo before what only may be one of another module', () => {
    const rules = {
      deny: ['Originat', 'Queue*', 'ping', 'SIPpeers', 'Monitor', 'MeetmeList Conference=1'],
      allow: ['Originate Channel=Local/*', 'OtherModuleDoesThis']
    }
    const report = check({ ...usual, 'user a': { secret: hash, ...rules } })
    expect(report.findings).toEqual([
      {
        code: 'unknown-action',
        severity: 'info',
        message: expect.stringContaining('"OtherModuleDoesThis" is for the action OtherModuleDoesThis')
      },
      {
        code: 'unknown-action',
        severity: 'warning',
        message: expect.stringContaining('/p.ini [user a]: the rule "Originat"'),
        hint: 'Did you mean Originate?'
      }
    ])
  })

  it('finds every fault of a users file, with its line', () => {
    const usersFile = path.join(scratchFolder(), 'users')
    fs.writeFileSync(usersFile, 'ann = one\nbob =\nann = two\n')
    const report = check({}, { sources: sourcesOf({ 'server pbx': server }, { usersFile }) })
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([
      expect.objectContaining({ code: 'no-secret', file: usersFile, line: 2 }),
      expect.objectContaining({ code: 'duplicate-user', file: usersFile, line: 3 })
    ])
  })

  for (const [what, sections, input, found] of [
    ['no server', { 'user ann': { secret: hash } }, {}, 'error config'],
    ['no user', { 'server pbx': server }, {}, 'error no-users'],
    ['a plain secret', { ...usual, 'user bob': { secret: 'open' } }, {}, 'warning plain-secrets'],
    ['an administrator', { ...usual, 'user bob': { secret: hash, admin: 'yes' } }, {}, 'info administrators'],
    ['no login', usual, { authRequired: false }, 'warning no-login'],
    ['clear text on all addresses', usual, { listen: [':1234'] }, 'warning unencrypted'],
    ['clear text on all addresses of IPv4', usual, { listen: ['0.0.0.0:1234'] }, 'warning unencrypted'],
    ['nobody can connect', usual, { acceptUnencrypted: false }, 'error nobody-may-connect'],
    ['answers for all', usual, { broadcastResponses: true }, 'warning broadcast-responses'],
    ['an unverified server', { ...usual, 'server pbx': { ...server, tls: 'yes', insecure: 'yes' } }, {}, 'warning insecure'],
    ['a server in clear', { ...usual, 'server pbx': { ...server, host: '10.0.0.1' } }, {}, 'info unencrypted-server'],
    ['a user of no server', { ...usual, 'user bob': { secret: hash, server: 'pbx-b' } }, {}, 'warning unknown-server'],
    ['a key of another certificate', usual, { tls: tlsOf('server', 'other') }, 'error tls'],
    ['no certificate', usual, { tls: { certFile: '/no/such.pem' } }, 'error tls'],
    ['an expired certificate', usual, { tls: tlsOf('server'), now: new Date('2200-01-01') }, 'error certificate-expired'],
    [
      'a certificate of tomorrow',
      usual,
      { tls: tlsOf('server'), now: new Date('2020-01-01') },
      'error certificate-not-yet-valid'
    ],
    [
      'a certificate that ends soon',
      usual,
      { tls: tlsOf('server'), now: new Date('2126-10-20') },
      'warning certificate-expires-soon'
    ]
  ] as [string, Record<string, Section>, Partial<CheckInput>, string][]) {
    it(`finds: ${what}`, () => {
      expect(codes(check(sections, input))).toEqual([found])
    })
  }

  it('has nothing against a ProxyKey in place of a login, nor against TLS only', () => {
    const input = { authRequired: false, hasProxyKey: true, acceptUnencrypted: false, tls: tlsOf('server'), listen: [':1234'] }
    const report = check(usual, input)
    expect(report.findings).toEqual([])
    expect(report.certificate).toMatchObject({ subject: 'CN=pbxkit test server', validUntil: '2126-10-28T10:17:07.000Z' })
  })

  it('finds a web page for nobody, and one that takes secrets in clear', () => {
    const web = { ...usual, 'user ann': { secret: hash, web: 'yes' } }
    expect(codes(check(usual, { webAllow: ['127.0.0.1'] }))).toEqual(['warning web-without-users'])
    expect(codes(check(web))).toEqual(['info web-without-addresses'])
    expect(codes(check(web, { webAllow: ['none'] }))).toEqual(['info web-without-addresses'])
    expect(codes(check(web, { webAllow: ['127.0.0.0/8', '::1'] }))).toEqual([])
    expect(codes(check(web, { webAllow: ['10.0.0.0/8'] }))).toEqual(['warning web-unencrypted'])
    expect(codes(check(web, { webAllow: ['10.0.0.0/8'], acceptUnencrypted: false, tls: tlsOf('server') }))).toEqual([])
  })

  it('wants neither servers nor users of a demo', () => {
    expect(check({}, { demo: true }).findings).toEqual([])
  })
})
