import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAstmanproxyConf } from '../../../../../src/lib/proxy/legacy/astmanproxy-conf.js'
import { emptyLegacySettings, withLegacyDefaults } from '../../../../../src/lib/proxy/legacy/astmanproxy-settings.js'
import { parseAstmanproxyUsers } from '../../../../../src/lib/proxy/legacy/astmanproxy-users.js'
import { isAstmanproxyConf } from '../../../../../src/lib/proxy/legacy/is-astmanproxy-conf.js'

const sample = (name: string) => {
  const folder = path.join(import.meta.dirname, '../../../../fixtures/astmanproxy/conf')
  return fs.readFileSync(path.join(folder, name), 'utf8')
}

describe('the sample of 1.22', () => {
  const { settings, findings } = parseAstmanproxyConf(sample('astmanproxy-1.22.conf'), 'astmanproxy.conf')

  it('is read whole, with its case', () => {
    expect(settings).toEqual({
      ...emptyLegacySettings(),
      hosts: [
        {
          name: 'localhost',
          host: 'localhost',
          port: 5038,
          username: 'dave',
          secret: 'Moo9X',
          events: true,
          tls: false,
          line: 3
        },
        {
          name: '10.1.1.2',
          host: '10.1.1.2',
          port: 5038,
          username: 'proxyuser',
          secret: 's3cr3t',
          events: true,
          tls: true,
          line: 4
        }
      ],
      retryIntervalS: 2,
      maxRetries: 10,
      sslClientHelloTimeoutMs: 200,
      acceptEncrypted: true,
      acceptUnencrypted: true,
      asteriskWriteTimeoutMs: 100,
      clientWriteTimeoutMs: 200,
      certFile: '/var/lib/asterisk/certs/Proxy-Server.pem',
      listenAddress: '*',
      listenPort: 1234,
      authRequired: false,
      procUser: 'nobody',
      procGroup: 'nogroup',
      inputFormat: 'standard',
      autoFilter: 'off',
      logFile: '/var/log/asterisk/astmanproxy.log'
    })
  })

  it('has one finding: its mistyped outputformat', () => {
    expect(findings).toEqual([
      {
        code: 'unknown-key',
        severity: 'warning',
        file: 'astmanproxy.conf',
        line: 20,
        column: 1,
        message: 'Unknown key "outputfomat"; it is ignored',
        hint: 'Did you mean outputformat?'
      }
    ])
  })

  it('is known for what it is', () => {
    expect(isAstmanproxyConf(sample('astmanproxy-1.22.conf'))).toBe(true)
  })
})

describe('the sample of 1.30', () => {
  it('is read whole: quoted values with commas, blanks and a semicolon, and the names of manager.conf', () => {
    const { settings, findings } = parseAstmanproxyConf(sample('astmanproxy-1.30.conf'), 'astmanproxy.conf')
    expect(findings).toEqual([])
    expect(settings).toEqual({
      ...emptyLegacySettings(),
      hosts: [
        {
          name: 'pbx-a.example.org',
          host: 'pbx-a.example.org',
          port: 5038,
          username: 'proxy user',
          secret: 'p,w;d',
          events: true,
          tls: false,
          line: 2
        },
        {
          name: 'pbx-b.example.org',
          host: 'pbx-b.example.org',
          port: 5039,
          username: 'proxy',
          secret: 'Secret2',
          events: false,
          tls: true,
          line: 3
        }
      ],
      retryIntervalS: 5,
      maxRetries: 0,
      acceptEncrypted: true,
      acceptUnencrypted: false,
      certFile: '/etc/astmanproxy/both.pem',
      listenAddress: '127.0.0.1',
      listenPort: 1234,
      authRequired: true,
      proxyKey: 'Foo Bar',
      autoFilter: 'unique',
      filterLocal: 'allow',
      forceBanner: 'Asterisk Call Manager/1.1',
      inputFormat: 'http',
      outputFormat: 'xml',
      procUser: 'astman',
      procGroup: 'astman',
      logFile: '/var/log/astmanproxy.log'
    })
  })

  it('is known for what it is', () => {
    expect(isAstmanproxyConf(sample('astmanproxy-1.30.conf'))).toBe(true)
  })
})

describe('the sample of the users file', () => {
  const { users, findings } = parseAstmanproxyUsers(sample('astmanproxy.users'), 'astmanproxy.users')
  const common = { admin: false, allow: [], deny: [], dryRun: false, permit: [], eventFilters: [] }
  const noFilter = { channel: undefined, outContext: undefined, inContext: undefined, account: undefined }

  it('is read whole, with its case', () => {
    expect(users).toEqual([
      {
        ...common,
        name: 'steve',
        secret: 'steve',
        where: 'astmanproxy.users:2',
        filter: { ...noFilter, channel: 'SIP/snom190', outContext: 'local', moreEvents: false, only: [], noVar: false }
      },
      {
        ...common,
        name: 'dave',
        secret: 'Secure Pass',
        where: 'astmanproxy.users:3',
        server: 'pbx-a.example.org',
        filter: { ...noFilter, channel: 'PJSIP/1002', account: 'DavesAccount', moreEvents: true, only: ['cdr'], noVar: true }
      },
      { ...common, name: 'bill', secret: 'pass', where: 'astmanproxy.users:4' },
      {
        ...common,
        name: 'bob',
        secret: '$2b$10$abcdefghijklmnopqrstuuWz2h1oQ8Yb0jW0d0n8m6cJm1sYQkq1K',
        where: 'astmanproxy.users:5'
      }
    ])
  })

  it('has one finding: the blank that the old program removed from a secret', () => {
    expect(findings).toMatchObject([{ code: 'blank-kept', severity: 'warning', line: 3, column: 6 }])
  })
})

describe('withLegacyDefaults', () => {
  it('gives what astmanproxy did with a file that says nothing', () => {
    expect(withLegacyDefaults(emptyLegacySettings())).toEqual({
      hosts: [],
      retryIntervalS: 0,
      maxRetries: 0,
      sslClientHelloTimeoutMs: 500,
      acceptEncrypted: false,
      acceptUnencrypted: false,
      asteriskWriteTimeoutMs: 100,
      clientWriteTimeoutMs: 100,
      listenAddress: '*',
      listenPort: 0,
      authRequired: false,
      inputFormat: 'standard',
      outputFormat: 'standard',
      autoFilter: 'off',
      filterLocal: 'off',
      useSsl: false
    })
  })

  it('changes nothing that the file gives', () => {
    const { settings } = parseAstmanproxyConf(sample('astmanproxy-1.30.conf'), 'astmanproxy.conf')
    const effective = withLegacyDefaults(settings)
    expect(effective).toMatchObject(JSON.parse(JSON.stringify(settings)))
    expect(effective.sslClientHelloTimeoutMs).toBe(500)
  })
})
