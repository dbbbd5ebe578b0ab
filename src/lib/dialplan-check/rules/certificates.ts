import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { LoadedSetting } from '../../asterisk-config/section.js'
import type { CheckHost } from '../host.js'
import type { Report } from '../report.js'
import { lastOf, type PjsipModel, valueSpot } from './pjsip-objects.js'

/** Time enough to renew by hand, and less than half of the 30 days that short-lived ones have. */
const soonMs = 14 * 24 * 3600 * 1000

/** The certificates and keys of transports: there, a pair, in their time, and the key nobody else's. */
export function checkCertificates(model: PjsipModel, host: CheckHost, now: Date, report: Report): void {
  for (const { options } of model.of('transport')) {
    const certificate = lastOf(options, 'cert_file')
    const key = lastOf(options, 'priv_key_file')
    const bytes = certificate && readFile(certificate, host, report)
    const keyBytes = key && readFile(key, host, report)
    const read = bytes && readCertificate(certificate, bytes, now, report)
    if (key && keyBytes) {
      checkKey(key, keyBytes, read, report)
      const mode = host.mode(key.value)
      if (mode !== undefined && (mode & 0o004) !== 0) {
        report.add('readable-by-others', valueSpot(key), `The key ${key.value} has mode ${mode.toString(8).padStart(4, '0')}`)
      }
    }
    const authorities = lastOf(options, 'ca_list_file')
    if (authorities) readFile(authorities, host, report)
  }
}

function readFile(setting: LoadedSetting, host: CheckHost, report: Report): Uint8Array | undefined {
  const path = setting.value
  if (!path.startsWith('/')) return undefined
  const bytes = host.read(path)
  if (bytes !== undefined && bytes !== 'not-a-file') return bytes
  report.add('certificate-missing', valueSpot(setting), `There is no file ${path}`)
  return undefined
}

function readCertificate(setting: LoadedSetting, bytes: Uint8Array, now: Date, report: Report): X509Certificate | undefined {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(Buffer.from(bytes))
  } catch {
    report.add('certificate-invalid', valueSpot(setting), `${setting.value} holds no certificate that can be read`)
    return undefined
  }
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)]
  if (to < now) report.add('certificate-expired', valueSpot(setting), `The certificate expired on ${dayOf(to)}`)
  else if (from > now) report.add('certificate-expired', valueSpot(setting), `The certificate counts from ${dayOf(from)} on`)
  else if (to.getTime() - now.getTime() < soonMs)
    report.add('certificate-expiring', valueSpot(setting), `The certificate expires on ${dayOf(to)}`)
  return certificate
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10)
}

function checkKey(setting: LoadedSetting, bytes: Uint8Array, certificate: X509Certificate | undefined, report: Report): void {
  const text = Buffer.from(bytes).toString('latin1')
  // Without its password nothing can be said.
  if (text.includes('ENCRYPTED')) return
  try {
    const key = createPrivateKey(text)
    if (!certificate || certificate.checkPrivateKey(key)) return
    report.add('certificate-invalid', valueSpot(setting), `${setting.value} is not the key of the certificate`)
  } catch {
    report.add('certificate-invalid', valueSpot(setting), `${setting.value} holds no key that can be read`)
  }
}
