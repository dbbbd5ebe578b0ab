import { type KeyObject, X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import { ConfigError, PbxkitError } from '../../errors.js'
import { privateKeyBlock, readPrivateKey } from './key-pair.js'
import { parseSubjectName } from './subject-names.js'

export interface TlsFinding {
  readonly code: string
  readonly severity: 'error' | 'warning'
  readonly file: string
  readonly message: string
  readonly hint?: string
}

export interface TlsCheck {
  /** PEM file with a certificate, those behind it, and perhaps the key. */
  readonly file: string
  /** PEM file with the key, where it is not in `file`. */
  readonly keyFile?: string | undefined
  /** PEM file with the authority that must have signed it. */
  readonly caFile?: string | undefined
  /** Names and addresses that it must be good for. */
  readonly names: readonly string[]
  /** An end that is nearer than this is a warning. */
  readonly warnDays: number
}

export interface TlsReport {
  readonly certificate?: {
    readonly subject: string
    readonly issuer: string
    readonly names: readonly string[]
    readonly validFrom: string
    readonly validUntil: string
    /** Whole days, negative when it is over. */
    readonly daysLeft: number
    readonly key: string
    readonly ca: boolean
    readonly selfSigned: boolean
    readonly fingerprint256: string
    /** Octal, with four digits. */
    readonly mode: string
  }
  readonly findings: readonly TlsFinding[]
}

const dayMs = 86_400_000
/** NIST SP 800-57: less than 112 bits of security. */
const minimumRsaBits = 2048
/** Chains are a few kB; something larger is no certificate. */
const maxFileBytes = 1024 * 1024

/** Looks at a certificate as its clients will, and at the files as their owner should. Never throws for what is in the files. */
export function checkTls(check: TlsCheck, now: Date): TlsReport {
  const findings: TlsFinding[] = []
  const { file } = check
  const add = (severity: TlsFinding['severity'], code: string, message: string, hint?: string, at = file) =>
    void findings.push({ code, severity, file: at, message, ...(hint && { hint }) })
  try {
    const pem = readPem(file)
    const certificate = firstCertificate(pem, file)
    checkValidity(certificate, check.warnDays, now, add)
    checkNames(certificate, check.names, add)
    checkKey(certificate, pem, check, add)
    if (check.caFile !== undefined) checkIssuer(certificate, firstCertificate(readPem(check.caFile), check.caFile), add)
    return { certificate: describe(certificate, file, now), findings }
  } catch (error) {
    if (!(error instanceof PbxkitError)) throw error
    add('error', 'unreadable', error.message, error.hint)
    return { findings }
  }
}

type Add = (severity: TlsFinding['severity'], code: string, message: string, hint?: string, at?: string) => void

function checkValidity(certificate: X509Certificate, warnDays: number, now: Date, add: Add): void {
  const from = new Date(certificate.validFrom)
  const until = new Date(certificate.validTo)
  const days = daysLeft(certificate, now)
  if (until <= now) add('error', 'expired', `It has expired on ${until.toISOString()}`, 'Make a new one.')
  else if (from > now) add('error', 'not-yet-valid', `It is valid from ${from.toISOString()} on`, 'Is the clock right?')
  else if (days < warnDays) add('warning', 'expires-soon', `It expires in ${days} days`, 'Make a new one.')
}

function checkNames(certificate: X509Certificate, names: readonly string[], add: Add): void {
  if (!certificate.ca && certificate.subjectAltName === undefined)
    add('warning', 'no-names', 'It has no subjectAltName: clients of today look at nothing else')
  for (const text of names) {
    const wanted = parseSubjectName(text)
    const isGood =
      wanted.kind === 'ip'
        ? certificate.checkIP(wanted.name)
        : // For a wildcard the certificate must have the same.
          wanted.name.startsWith('*.')
          ? namesOf(certificate).includes(wanted.name)
          : certificate.checkHost(wanted.name, { subject: 'never' })
    if (!isGood) add('error', 'name-missing', `It is not good for ${wanted.name}`)
  }
}

function checkKey(certificate: X509Certificate, pem: string, { file, keyFile }: TlsCheck, add: Add): void {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey
  const bits = asymmetricKeyDetails?.modulusLength ?? minimumRsaBits
  if (asymmetricKeyType === 'rsa' && bits < minimumRsaBits)
    add('warning', 'weak-key', `Its key has ${bits} bits`, `Make one with at least ${minimumRsaBits}.`)
  if (keyFile === undefined && !privateKeyBlock.test(pem)) return
  const at = keyFile ?? file
  const key: KeyObject = readPrivateKey(keyFile === undefined ? pem : readPem(keyFile), at).privateKey
  if (!certificate.checkPrivateKey(key))
    add('error', 'key-mismatch', `The key in ${at} is that of another certificate`, undefined, at)
  const mode = fs.statSync(at).mode
  if ((mode & 0o077) !== 0)
    add('warning', 'readable-by-others', `The key is readable by others (mode ${octal(mode)})`, `Run: chmod 600 ${at}`, at)
}

function checkIssuer(certificate: X509Certificate, authority: X509Certificate, add: Add): void {
  if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey))
    add('error', 'other-issuer', `It was not signed by ${authority.subject}`)
}

function describe(certificate: X509Certificate, file: string, now: Date): NonNullable<TlsReport['certificate']> {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    names: namesOf(certificate),
    validFrom: new Date(certificate.validFrom).toISOString(),
    validUntil: new Date(certificate.validTo).toISOString(),
    daysLeft: daysLeft(certificate, now),
    key: [type, details?.modulusLength ?? details?.namedCurve].filter(Boolean).join(' '),
    ca: certificate.ca,
    // Not checkIssued: that wants a key that may sign certificates.
    selfSigned: certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey),
    fingerprint256: certificate.fingerprint256,
    mode: octal(fs.statSync(file).mode)
  }
}

function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => name.replace(/^(?:DNS|IP Address):/, ''))
}

function daysLeft(certificate: X509Certificate, now: Date): number {
  return Math.floor((Date.parse(certificate.validTo) - now.getTime()) / dayMs)
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0')
}

function readPem(file: string): string {
  try {
    if (fs.statSync(file).size > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes} bytes`)
    return fs.readFileSync(file, 'latin1')
  } catch (cause) {
    throw new ConfigError(`Cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
}

/** The first one is the server's own (RFC 8446 section 4.4.2). */
function firstCertificate(pem: string, file: string): X509Certificate {
  const found = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(pem)?.[0]
  if (found === undefined) throw new ConfigError(`There is no certificate in ${file}`, { hint: 'Name a PEM file.' })
  try {
    return new X509Certificate(found)
  } catch (cause) {
    throw new ConfigError(`Cannot read the certificate in ${file}: ${(cause as Error).message}`, { cause })
  }
}
