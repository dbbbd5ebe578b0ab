import { createPrivateKey, X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { generateTls } from '../../../../../src/lib/keygen/tls/generate-tls.js'
import { type CertificateReport, keepCertificate } from '../../../../../src/lib/privatedial/certificate/keep-certificate.js'
import { renewWhenDue } from '../../../../../src/lib/privatedial/certificate/renew-when-due.js'
import type { Site, TlsListen } from '../../../../../src/lib/site/site.js'
import { scratchFolder } from '../../../support/scratch.js'
import { makeSite } from '../../../support/sites.js'

const now = new Date('2026-03-01T12:00:00Z')
const later = (days: number) => new Date(now.getTime() + days * 86_400_000)

let folder: string
let cert: string
let key: string
beforeEach(() => {
  folder = scratchFolder()
  cert = path.join(folder, 'tls/cert.pem')
  key = path.join(folder, 'tls/key.pem')
})

function site(tls: Partial<TlsListen> = {}, changes: Partial<Site> = {}): Site {
  const own = { bind: '0.0.0.0', port: 5061, cert, key, method: 'tlsv1_2', acme: undefined, days: 90, renewDays: 30 } as const
  return makeSite({ transport: { udp: undefined, tcp: undefined, tls: { ...own, ...tls } }, ...changes })
}
const keep = (one = site(), when = now, dryRun = false) =>
  keepCertificate(one, { folder, configFolder: folder, dryRun, now: when }) as Promise<CertificateReport>
const made = (names: string[], days = 60, when = now) =>
  generateTls({ names, keyType: 'ec-p256', usage: 'server', days, now: when })
const fingerprint = () => new X509Certificate(fs.readFileSync(cert)).fingerprint256
const modes = () => [cert, key].map((file) => fs.statSync(file).mode & 0o777)

describe('a certificate that signs itself', () => {
  it('is made for all names that phones connect to, for its owner alone, and kept while it is good', async () => {
    const nat = { externalAddress: '192.0.2.7', localNet: ['10.0.0.0/8'] }
    expect(await keep(site({}, { nat }))).toMatchObject({ state: 'made', warning: undefined, renewAt: later(60) })
    const { subjectAltName } = new X509Certificate(fs.readFileSync(cert))
    expect(subjectAltName).toBe('DNS:pbx.example.org, IP Address:192.0.2.7')
    expect(modes()).toEqual([0o600, 0o600])
    const first = fingerprint()
    expect(await keep(site({}, { nat }), later(59))).toMatchObject({ state: 'kept' })
    expect(fingerprint()).toBe(first)
  })

  it('is renewed before its end, and when the names have changed', async () => {
    await keep()
    const first = fingerprint()
    expect(await keep(site(), later(60.5), true)).toMatchObject({ state: 'renewed' })
    expect(fingerprint()).toBe(first)
    expect(await keep(site(), later(60.5))).toMatchObject({ state: 'renewed', renewAt: later(60.5 + 60) })
    const second = fingerprint()
    expect(second).not.toBe(first)
    await keep(site({ bind: '192.0.2.8' }), later(60.5))
    expect(new X509Certificate(fs.readFileSync(cert)).subjectAltName).toContain('192.0.2.8')
    expect(fs.readdirSync(path.dirname(cert)).sort()).toEqual(['cert.pem', 'key.pem'])
  })

  it('is made again when its key is lost or another', async () => {
    await keep()
    fs.rmSync(key)
    expect(await keep()).toMatchObject({ state: 'renewed' })
    expect(new X509Certificate(fs.readFileSync(cert)).checkPrivateKey(createPrivateKey(fs.readFileSync(key)))).toBe(true)
    expect(await keep()).toMatchObject({ state: 'kept' })
  })
})

describe('a certificate of somebody else', () => {
  it('is never overwritten, however bad it is, and its owner is told', async () => {
    const { certificate, key: own } = await made(['pbx.example.org'], 3)
    fs.mkdirSync(path.dirname(cert))
    fs.writeFileSync(cert, certificate)
    expect(await keep()).toMatchObject({ state: 'foreign', warning: expect.stringContaining('no key') })
    fs.writeFileSync(key, own)
    expect(await keep()).toMatchObject({
      state: 'foreign',
      warning: expect.stringContaining('ends in 3 days'),
      renewAt: undefined
    })
    expect(await keep(site(), later(9))).toMatchObject({ warning: expect.stringContaining('has expired') })
    expect(await keep(site({}, { site: { ...makeSite().site, domain: 'other.example' } }))).toMatchObject({
      warning: expect.stringContaining('not good for other.example')
    })
    expect(fs.readFileSync(cert, 'utf8')).toBe(certificate)
    expect(fs.readFileSync(key, 'utf8')).toBe(own)
    fs.writeFileSync(cert, 'no certificate at all')
    expect(await keep()).toMatchObject({ state: 'foreign', validUntil: undefined, warning: expect.any(String) })
    expect(fs.readFileSync(cert, 'utf8')).toBe('no certificate at all')
  })

  it('is one of ours that was edited by hand', async () => {
    await keep()
    const { certificate } = await made(['pbx.example.org'])
    fs.writeFileSync(cert, fs.readFileSync(cert, 'utf8') + certificate)
    const before = fs.readFileSync(cert, 'utf8')
    expect(await keep(site(), later(80))).toMatchObject({ state: 'foreign' })
    expect(fs.readFileSync(cert, 'utf8')).toBe(before)
  })
})

describe("an ACME client's certificate", () => {
  const certbot = (pair: { certificate: string; key: string }) => {
    const live = path.join(folder, 'live')
    fs.mkdirSync(live, { recursive: true })
    fs.writeFileSync(path.join(live, 'fullchain.pem'), pair.certificate)
    fs.writeFileSync(path.join(live, 'privkey.pem'), pair.key)
    return live
  }

  it('is taken from the folder of certbot, and again when it changes', async () => {
    const first = await made(['pbx.example.org'])
    const acme = certbot(first)
    const report = await keep(site({ acme }))
    expect(report).toMatchObject({ state: 'taken', warning: undefined })
    expect(fingerprint()).toBe(first.facts.fingerprint256)
    expect(modes()).toEqual([0o600, 0o600])
    expect(await keep(site({ acme }))).toMatchObject({ state: 'kept' })
    const second = await made(['pbx.example.org'], 90)
    certbot(second)
    expect(await keep(site({ acme }))).toMatchObject({ state: 'taken' })
    expect(fingerprint()).toBe(second.facts.fingerprint256)
  })

  it('takes the place of one that signed itself', async () => {
    await keep()
    const pair = await made(['*.example.org'])
    expect(await keep(site({ acme: certbot(pair) }))).toMatchObject({ state: 'taken' })
    expect(fingerprint()).toBe(pair.facts.fingerprint256)
  })

  it('is left alone while it is half written, for another name, or gone: the old one stays', async () => {
    const good = await made(['pbx.example.org'])
    const acme = certbot(good)
    await keep(site({ acme }))
    const other = await made(['other.example'])
    for (const pair of [{ ...good, key: other.key }, other, { certificate: '-----BEGIN', key: '' }]) {
      certbot(pair)
      expect(await keep(site({ acme }))).toMatchObject({ state: 'kept', warning: expect.any(String) })
    }
    fs.rmSync(acme, { recursive: true })
    const { state, warning } = await keep(site({ acme }))
    expect({ state, warning }).toEqual({ state: 'kept', warning: expect.stringContaining('no such file') })
    expect(fingerprint()).toBe(good.facts.fingerprint256)
    expect(await keep(site({ acme }), later(55))).toMatchObject({ state: 'kept' })
  })

  it("is the longest-lasting one for the domain in traefik's acme.json, of versions 1, 2 and 3", async () => {
    const [short, long, other] = [
      await made(['pbx.example.org'], 20),
      await made(['pbx.example.org'], 80),
      await made(['x.example'])
    ]
    const base64 = (pem: string) => Buffer.from(pem).toString('base64')
    const entry = (pair: { certificate: string; key: string }) => ({
      certificate: base64(pair.certificate),
      key: base64(pair.key)
    })
    const acme = path.join(folder, 'acme.json')
    const broken = { certificate: 'AAAA', key: 'AAAA' }
    const json = {
      le: { Account: {}, Certificates: [entry(other), broken, entry(short)] },
      more: { Certificates: [entry(long)] },
      none: null
    }
    fs.writeFileSync(acme, JSON.stringify(json))
    expect(await keep(site({ acme }))).toMatchObject({ state: 'taken' })
    expect(fingerprint()).toBe(long.facts.fingerprint256)
    const old = { Certificates: [{ Domain: {}, Certificate: base64(short.certificate), Key: base64(short.key) }] }
    fs.writeFileSync(acme, JSON.stringify(old))
    await keep(site({ acme }))
    expect(fingerprint()).toBe(short.facts.fingerprint256)
  })

  it.each(['{"le": "SECRET', '[]', 'null', '{"le":{"Certificates":"x"}}', '{"le":{"Certificates":[null,1,{}]}}'])(
    'is not there in %s, which is told without repeating it',
    async (text) => {
      const acme = path.join(folder, 'acme.json')
      fs.writeFileSync(acme, text)
      const { state, warning } = await keep(site({ acme }))
      expect(state).toBe('missing')
      expect(warning).not.toContain('SECRET')
      expect(fs.existsSync(cert)).toBe(false)
    }
  )
})

it('leaves files alone that only Asterisk sees, and sees those inside its folder', async () => {
  const run = { folder, configFolder: '/etc/asterisk', dryRun: false, now }
  expect(await keepCertificate(site(), run)).toMatchObject({ state: 'unseen' })
  const inside = site({ cert: '/etc/asterisk/tls/cert.pem', key: '/etc/asterisk/tls/key.pem' })
  expect(await keepCertificate(inside, run)).toMatchObject({ state: 'made', file: cert })
})

it('looks again when a certificate is due, and not before', async () => {
  const controller = new AbortController()
  let time = 0
  let calls = 0
  let looks = 0
  const latest = () => {
    if (++looks === 3) time = 1_000
    return { renewAt: new Date(1_000) } as CertificateReport
  }
  const onDue = async () => {
    calls++
    expect(looks).toBe(3)
    controller.abort()
  }
  await renewWhenDue(latest, onDue, controller.signal, { everyMs: 1, clock: () => time })
  expect(calls).toBe(1)
})
