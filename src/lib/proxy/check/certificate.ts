import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import { ServerTls, type ServerTlsOptions } from '../../net/tls-server.js'
import { type CheckFinding, findingOfError } from './check-finding.js'

export interface CertificateFacts {
  file: string
  subject: string
  /** The names that it is good for; empty when only its subject has one. */
  names: string[]
  /** ISO 8601. */
  validFrom: string
  validUntil: string
}

/** Whoever renews by hand needs some weeks; what renews by itself has done it by then. */
const soonDays = 30
/** NIST SP 800-57: less than 112 bits of security. */
const minimumRsaBits = 2048
const dayMs = 86_400_000

/** Opens certificate and key as the proxy would, and looks at what clients will look at. */
export function checkCertificate(
  options: ServerTlsOptions,
  now: Date
): { certificate?: CertificateFacts; findings: CheckFinding[] } {
  const file = options.certFile
  try {
    // Readable, PEM, and the key is that of the certificate.
    new ServerTls(options)
  } catch (error) {
    return { findings: [{ ...findingOfError(error), code: 'tls', file }] }
  }
  const certificate = new X509Certificate(fs.readFileSync(file))
  const findings: CheckFinding[] = []
  const add = (severity: CheckFinding['severity'], code: string, message: string, hint: string) =>
    findings.push({ code, severity, file, message, hint })
  const from = new Date(certificate.validFrom)
  const until = new Date(certificate.validTo)
  const days = Math.floor((until.getTime() - now.getTime()) / dayMs)
  const renew = 'Put a new one in its place, and send SIGHUP.'
  if (until <= now) add('error', 'certificate-expired', `The certificate has expired on ${until.toISOString()}`, renew)
  else if (from > now)
    add('error', 'certificate-not-yet-valid', `The certificate is valid from ${from.toISOString()} on`, 'Is the clock right?')
  else if (days < soonDays) add('warning', 'certificate-expires-soon', `The certificate expires in ${days} days`, renew)
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey
  const bits = asymmetricKeyDetails?.modulusLength ?? minimumRsaBits
  if (asymmetricKeyType === 'rsa' && bits < minimumRsaBits)
    add('warning', 'weak-key', `The key has ${bits} bits`, `Make one with at least ${minimumRsaBits}.`)
  const names = (certificate.subjectAltName ?? '').split(', ').filter((name) => name !== '')
  const facts = {
    file,
    subject: certificate.subject ?? '',
    names,
    validFrom: from.toISOString(),
    validUntil: until.toISOString()
  }
  return { certificate: facts, findings }
}
