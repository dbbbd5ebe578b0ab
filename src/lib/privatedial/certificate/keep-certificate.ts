import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Site, TlsListen } from '../../site/site.js'
import { originOf } from '../rendered-file.js'
import { isGoodFor, isKeyOf, readAcme } from './acme-source.js'
import { type CertificatePaths, readPair, writePair } from './certificate-files.js'

const dayMs = 86_400_000

export interface CertificateRun {
  /** Where the files of Asterisk are written, and the same folder as Asterisk sees it. */
  readonly folder: string
  readonly configFolder: string
  readonly dryRun: boolean
  readonly now: Date
}

export interface CertificateReport {
  /** As this program sees it. */
  readonly file: string
  /** `made` and `renewed`: signed by itself; `taken`: from an ACME client; `unseen`: the file is where only Asterisk sees it. With `dryRun` it would be. */
  readonly state: 'kept' | 'made' | 'renewed' | 'taken' | 'foreign' | 'unseen' | 'missing'
  readonly validUntil: string | undefined
  /** What its owner should know. */
  readonly warning: string | undefined
  /** From then on it has to be looked at again. */
  readonly renewAt: Date | undefined
}

/** Is it another certificate than before? */
export function isNewCertificate(state: CertificateReport['state']): boolean {
  return state === 'made' || state === 'renewed' || state === 'taken'
}

/**
 * Sees to it that Asterisk has a certificate for SIP over TLS: that of an ACME client, if the site names one, else one that is signed by itself, made when there is none and made again
 * before it ends or when the site's names have changed. What this program has not written is never overwritten; it is only looked at.
 * @returns undefined for a site without TLS
 * @throws IoError when files cannot be read or written
 */
export async function keepCertificate(site: Site, run: CertificateRun): Promise<CertificateReport | undefined> {
  const { tls } = site.transport
  if (!tls) return undefined
  const paths = visiblePaths(tls, run)
  const report = (state: CertificateReport['state'], pem?: string, warning?: string): CertificateReport => {
    const until = pem === undefined ? undefined : new Date(new X509Certificate(pem).validTo)
    const renewAt = until && state !== 'foreign' ? new Date(until.getTime() - tls.renewDays * dayMs) : undefined
    return { file: paths?.cert ?? tls.cert, state, validUntil: until?.toISOString(), warning, renewAt }
  }
  if (!paths) return report('unseen')
  const there = readPair(paths)
  const isForeign = [there.cert, there.key].some((text) => text !== undefined && originOf(text) !== 'rendered')
  if (isForeign) return report('foreign', readable(there.cert), foreignWarning(site, tls, paths, there.cert, run.now))
  const current = usable(there)
  if (tls.acme !== undefined) {
    try {
      const pair = readAcme(tls.acme, site.site.domain)
      if (current !== undefined && isSame(current, pair.certificate))
        return report('kept', current, endWarning(current, tls, run.now))
      if (!run.dryRun) writePair(pair, paths, `from ${tls.acme}`, run.folder)
      return report('taken', pair.certificate, endWarning(pair.certificate, tls, run.now))
    } catch (error) {
      // The old one may be good for weeks: calls go on, and its owner is told.
      if ((error as { code?: string }).code !== 'E_CONFIG') throw error
      return report(current === undefined ? 'missing' : 'kept', current, (error as Error).message)
    }
  }
  const names = namesOf(site, tls)
  if (current !== undefined && daysLeft(current, run.now) >= tls.renewDays && isGoodForAll(current, names))
    return report('kept', current)
  // What makes certificates is large, and hardly ever needed.
  const { generateTls } = await import('../../keygen/tls/generate-tls.js')
  const pair = await generateTls({ names, keyType: 'ec-p256', usage: 'server', days: tls.days, now: run.now })
  if (!run.dryRun) writePair(pair, paths, 'signed by itself', run.folder)
  return report(there.cert === undefined ? 'made' : 'renewed', pair.certificate)
}

/** A path inside Asterisk's folder is looked for in ours; another one is the same for both, unless Asterisk has a file system of its own. */
function visiblePaths({ cert, key }: TlsListen, { folder, configFolder }: CertificateRun): CertificatePaths | undefined {
  const isElsewhere = path.resolve(folder) !== path.resolve(configFolder)
  const seen = (file: string) => {
    const inside = path.relative(configFolder, file)
    if (!inside.startsWith('..') && !path.isAbsolute(inside)) return path.join(folder, inside)
    return isElsewhere ? undefined : file
  }
  const [ours, ourKey] = [seen(cert), seen(key)]
  return ours !== undefined && ourKey !== undefined ? { cert: ours, key: ourKey } : undefined
}

/** What phones connect to. */
function namesOf({ site, nat }: Site, { bind }: TlsListen): string[] {
  const addresses = bind === '0.0.0.0' || bind === '::' ? [] : [bind]
  return [...new Set([site.domain, ...(nat.externalAddress === undefined ? [] : [nat.externalAddress]), ...addresses])]
}

function isGoodForAll(pem: string, names: readonly string[]): boolean {
  const certificate = new X509Certificate(pem)
  return names.every((name) => isGoodFor(certificate, name))
}

/** @returns the certificate, when both files are there and belong together */
function usable({ cert, key }: { cert: string | undefined; key: string | undefined }): string | undefined {
  const pem = readable(cert)
  if (pem === undefined || key === undefined) return undefined
  return isKeyOf(new X509Certificate(pem), key) ? pem : undefined
}

function readable(pem: string | undefined): string | undefined {
  if (pem === undefined) return undefined
  try {
    new X509Certificate(pem)
    return pem
  } catch {
    return undefined
  }
}

function isSame(pem: string, other: string): boolean {
  return withoutSeal(pem) === other
}

/** The first two lines are ours. */
function withoutSeal(text: string): string {
  return text.split('\n').slice(2).join('\n')
}

function daysLeft(pem: string, now: Date): number {
  return (Date.parse(new X509Certificate(pem).validTo) - now.getTime()) / dayMs
}

/** Of one that somebody else renews. It is late: clients of ACME renew 30 days before the end. */
function endWarning(pem: string, { cert, renewDays }: TlsListen, now: Date): string | undefined {
  const days = Math.floor(daysLeft(pem, now))
  if (days >= Math.min(renewDays, lateDays)) return undefined
  return days < 0
    ? `The certificate ${cert} has expired`
    : `The certificate ${cert} ends in ${days} days, and nobody has renewed it`
}

const lateDays = 14

function foreignWarning(
  site: Site,
  tls: TlsListen,
  paths: CertificatePaths,
  cert: string | undefined,
  now: Date
): string | undefined {
  if (cert === undefined) return `There is a key at ${paths.key}, which is not ours, and no certificate`
  if (!fs.existsSync(paths.key)) return `There is a certificate at ${paths.cert}, which is not ours, and no key at ${paths.key}`
  const pem = readable(cert)
  if (pem === undefined) return `There is no certificate in ${paths.cert}, and the file is not ours`
  const certificate = new X509Certificate(pem)
  if (!isKeyOf(certificate, fs.readFileSync(paths.key, 'latin1'))) return `The key ${paths.key} is not that of ${paths.cert}`
  if (!isGoodFor(certificate, site.site.domain))
    return `The certificate ${paths.cert} is not ours, and not good for ${site.site.domain}`
  return endWarning(pem, tls, now)
}
