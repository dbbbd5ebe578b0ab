import type { Site, SiteTrunk, SiteUser } from '../../../src/lib/site/site.js'

const source = { file: 'site.ini', line: 1 }

export function makeUser(name: string, number: string, changes: Partial<SiteUser> = {}): SiteUser {
  return {
    name,
    number,
    display: name,
    email: undefined,
    secret: `secret-of-${name}-1`,
    access: 'inout',
    trunk: 'itsp',
    sms: undefined,
    maxContacts: 10,
    codecs: undefined,
    source,
    ...changes
  }
}

export function makeTrunk(name: string, changes: Partial<SiteTrunk> = {}): SiteTrunk {
  return {
    name,
    hosts: ['192.0.2.10'],
    match: ['192.0.2.10'],
    username: undefined,
    secret: undefined,
    register: false,
    contactUser: '+46812340000',
    transport: 'udp',
    fromDomain: undefined,
    codecs: undefined,
    dtmf: 'rfc4733',
    qualify: 60,
    source,
    ...changes
  }
}

/** Three users and a trunk, with the defaults of a site file. */
export function makeSite(changes: Partial<Site> = {}): Site {
  return {
    site: {
      domain: 'pbx.example.org',
      countryCode: '46',
      nationalPrefix: '0',
      internationalPrefix: '00',
      userAgent: 'PrivateDial',
      emergency: ['112']
    },
    dial: { timeoutS: 30, minDigits: 8 },
    transport: { udp: { bind: '0.0.0.0', port: 5060 }, tcp: { bind: '0.0.0.0', port: 5060 }, tls: undefined },
    nat: { externalAddress: undefined, localNet: [] },
    media: { codecs: ['opus', 'g722', 'ulaw', 'alaw', 'h264', 'vp8'], encryption: 'sdes-optional' },
    rtp: { isRendered: false, start: 10_000, end: 10_099 },
    voicemail: {
      isEnabled: true,
      from: 'voicemail@example.org',
      fromName: 'Voice mail',
      subject: `[voice mail] from \${MVM_CALLERID}`,
      body: `\${MVM_CALLERID} left a message of \${MVM_DUR} on \${MVM_DATE}.`,
      charset: 'utf-8',
      format: 'wav49',
      gainDb: 12,
      locale: 'C',
      mailCommand: undefined,
      unsentFolder: '/var/spool/asterisk/unsent-mail'
    },
    smtp: { host: 'mail.example.org', port: 587, security: 'starttls', user: 'pbx', passwordFile: '/etc/pbxkit/smtp-password' },
    sms: { app: undefined, profiles: [] },
    ivr: {
      isEnabled: true,
      keys: new Map([
        ['1', 'record-temp'],
        ['2', 'record-unavail'],
        ['3', 'record-busy'],
        ['4', 'record-name'],
        ['5', 'moh'],
        ['6', 'echo']
      ]),
      maxRounds: 3,
      allowDial: false
    },
    output: { form: 'plain' },
    users: [
      makeUser('alice', '+46812340001', { display: 'Alice Ek', email: 'alice@example.org' }),
      makeUser('bob', '+46812340002', { display: 'Bob Al' }),
      makeUser('carol.in', '+46812340003', { display: 'Carol', access: 'in', trunk: undefined })
    ],
    trunks: [makeTrunk('itsp')],
    ...changes
  }
}
