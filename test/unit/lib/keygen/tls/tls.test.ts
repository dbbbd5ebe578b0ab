import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeSecretFiles } from '../../../../../src/lib/keygen/secret-files.js'
import { checkTls } from '../../../../../src/lib/keygen/tls/check-certificate.js'
import { generateTls, readAuthority, type TlsRequest, tlsFiles } from '../../../../../src/lib/keygen/tls/generate-tls.js'
import { keyTypes } from '../../../../../src/lib/keygen/tls/key-pair.js'
import { tlsSnippet } from '../../../../../src/lib/keygen/tls/snippets.js'
import { scratchFile, scratchFolder } from '../../../support/scratch.js'

const now = new Date('2026-01-02T03:04:05.000Z')
const days = (count: number) => new Date(now.getTime() + count * 86_400_000)

const make = (more: Partial<TlsRequest> = {}) =>
  generateTls({ names: ['pbx.example.org', '10.0.0.1'], keyType: 'ec-p256', usage: 'server', days: 365, now, ...more })

async function onDisk(more: Partial<TlsRequest> = {}, layout: 'separate' | 'single' = 'separate') {
  const pair = await make(more)
  const { files, paths } = tlsFiles(pair, path.join(scratchFolder(), 'pbx'), layout)
  writeSecretFiles(files, { force: false })
  return { ...paths, pair }
}

async function authority(more: Partial<TlsRequest> = {}) {
  const { certificate, key } = await onDisk({ usage: 'ca', names: [], subject: 'Lab CA', days: 3650, ...more })
  return { certificate, key: key!, authority: readAuthority(certificate, key!, now) }
}

describe('a certificate', () => {
  it.each(keyTypes)(
    'with a key of %s is signed with that key and good for its names',
    async (keyType) => {
      const { certificate, key } = await make({ keyType })
      const made = new X509Certificate(certificate)
      expect(made.verify(made.publicKey)).toBe(true)
      expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/)
      expect(made.subjectAltName).toBe('DNS:pbx.example.org, IP Address:10.0.0.1')
      expect(made.ca).toBe(false)
      expect(made.publicKey.asymmetricKeyDetails).toMatchObject(
        { 'ec-p256': { namedCurve: 'prime256v1' }, 'ec-p384': { namedCurve: 'secp384r1' } }[keyType as string] ?? {
          modulusLength: Number(keyType.slice(4))
        }
      )
    },
    60_000
  )

  it('is valid from an hour ago, for as long as wanted, also past 2049', async () => {
    const made = new X509Certificate((await make({ now: new Date('2026-01-02T03:04:05.678Z') })).certificate)
    expect(new Date(made.validFrom).toISOString()).toBe('2026-01-02T02:04:05.000Z')
    expect(new Date(made.validTo).toISOString()).toBe('2027-01-02T03:04:05.000Z')
    expect((await make({ days: 36_500 })).facts.validUntil).toMatch(/^2125-/)
  })

  it('of an authority verifies with it, names it as its issuer, and does not outlive it', async () => {
    const ca = await authority({ days: 100 })
    const made = new X509Certificate((await make({ authority: ca.authority })).certificate)
    expect(made.checkIssued(ca.authority.certificate) && made.verify(ca.authority.certificate.publicKey)).toBe(true)
    expect(made.issuer).toBe('CN=Lab CA')
    expect(made.validTo).toBe(ca.authority.certificate.validTo)
  })

  it('has a serial number of its own', async () => {
    const serial = async () => new X509Certificate((await make()).certificate).serialNumber
    expect(await serial()).not.toBe(await serial())
  })

  it('for a client needs no names, for a server it does', async () => {
    expect((await make({ usage: 'client', names: [], subject: 'proxy 1' })).facts.subject).toBe('CN=proxy 1')
    await expect(make({ names: [] })).rejects.toThrow(/--san is missing/)
  })

  it('is refused with what it cannot have', async () => {
    await expect(make({ days: 0 })).rejects.toThrow(/--days/)
    await expect(make({ days: 36_501 })).rejects.toThrow(/--days/)
    await expect(make({ subject: 'x'.repeat(65) })).rejects.toThrow(/--subject/)
    await expect(make({ subject: 'a\nb' })).rejects.toThrow(/--subject/)
  })

  it('has a common name, also when its names are too long for one', async () => {
    const long = `${'a'.repeat(60)}.example.org`
    expect((await make({ names: [long] })).facts.subject).toBe('CN=pbxkit')
  })

  it('is not signed by what is no authority, is over, or has another key', async () => {
    const ca = await authority({ days: 10 })
    const leaf = await onDisk()
    expect(() => readAuthority(leaf.certificate, leaf.key!, now)).toThrow(/of no authority/)
    expect(() => readAuthority(ca.certificate, leaf.key!, now)).toThrow(/key of another certificate/)
    expect(() => readAuthority(ca.certificate, ca.key, days(10))).toThrow(/has expired/)
    expect(() => readAuthority(scratchFile('x', 'nothing'), ca.key, now)).toThrow(/no certificate/)
    expect(() => readAuthority('/nowhere.crt', ca.key, now)).toThrow(expect.objectContaining({ exit: 78 }))
  })
})

describe('a check', () => {
  const codes = (report: ReturnType<typeof checkTls>) => report.findings.map(({ severity, code }) => `${severity} ${code}`)

  it('finds nothing wrong with what was just made, in two files and in one', async () => {
    const two = await onDisk()
    const names = ['pbx.example.org', '10.0.0.1']
    const report = checkTls({ file: two.certificate, keyFile: two.key, names, warnDays: 30 }, now)
    expect(report).toMatchObject({
      certificate: { names, daysLeft: 365, key: 'ec prime256v1', ca: false, selfSigned: true, mode: '0600' },
      findings: []
    })
    const one = await onDisk({}, 'single')
    expect(codes(checkTls({ file: one.certificate, names, warnDays: 30 }, now))).toEqual([])
  })

  it('tells an end that is near, one that is over, and one that has not begun', async () => {
    const { certificate: file } = await onDisk()
    const at = (moment: Date) => codes(checkTls({ file, names: [], warnDays: 30 }, moment))
    expect(at(days(336))).toEqual(['warning expires-soon'])
    expect(at(days(335))).toEqual([])
    expect(at(days(366))).toEqual(['error expired'])
    expect(at(days(-1))).toEqual(['error not-yet-valid'])
  })

  it('tells a key of another certificate, and a name that is missing', async () => {
    const [mine, other] = [await onDisk(), await onDisk()]
    const report = checkTls(
      { file: mine.certificate, keyFile: other.key, names: ['other.example.org', '10.0.0.2'], warnDays: 0 },
      now
    )
    expect(codes(report)).toEqual(['error name-missing', 'error name-missing', 'error key-mismatch'])
  })

  it('tells a key that others may read', async () => {
    const { certificate: file, key } = await onDisk()
    fs.chmodSync(key!, 0o640)
    const { findings } = checkTls({ file, keyFile: key, names: [], warnDays: 0 }, now)
    expect(findings).toMatchObject([{ code: 'readable-by-others', severity: 'warning', file: key }])
  })

  it('tells who has not signed it', async () => {
    const [ca, other] = [await authority(), await authority()]
    const { certificate: file } = await onDisk({ authority: ca.authority })
    const by = (caFile: string) => codes(checkTls({ file, caFile, names: [], warnDays: 0 }, now))
    expect(by(ca.certificate)).toEqual([])
    expect(by(other.certificate)).toEqual(['error other-issuer'])
  })

  it.each(['', 'nothing', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'])(
    'of %j is a finding, not a crash',
    (text) => {
      expect(codes(checkTls({ file: scratchFile('x.crt', text), names: [], warnDays: 0 }, now))).toEqual(['error unreadable'])
      expect(codes(checkTls({ file: '/nowhere', names: [], warnDays: 0 }, now))).toEqual(['error unreadable'])
    }
  )
})

describe('the lines for a configuration', () => {
  it('name the files, or the one', () => {
    const two = { certificate: '/k/pbx.crt', key: '/k/pbx.key' }
    expect(tlsSnippet('manager', two)).toContain('tlscertfile = /k/pbx.crt\ntlsprivatekey = /k/pbx.key\n')
    expect(tlsSnippet('pjsip', two)).toContain('cert_file = /k/pbx.crt\npriv_key_file = /k/pbx.key\n')
    expect(tlsSnippet('proxy', two)).toContain('tls-cert = /k/pbx.crt\ntls-key = /k/pbx.key\n')
    const one = { certificate: '/k/pbx.pem' }
    expect(tlsSnippet('http', one)).not.toContain('tlsprivatekey')
    expect(tlsSnippet('pjsip', one)).toContain('priv_key_file = /k/pbx.pem\n')
    expect(tlsSnippet('astmanproxy', one)).toMatch(/^certfile = \/k\/pbx\.pem$/m)
  })
})
