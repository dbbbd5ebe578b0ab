import { X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import { ConfigError, UsageError } from '../../errors.js'
import type { NewFile } from '../secret-files.js'
import { type Authority, type CertificateUsage, createCertificate } from './certificate.js'
import { generateKeys, type KeyType, privateKeyPem, readPrivateKey } from './key-pair.js'
import { parseSubjectName } from './subject-names.js'

const dayMs = 86_400_000
/** Clocks differ: a certificate that is valid from now on is not yet so for a telephone that is late. */
const backdateMs = 3_600_000
/** A hundred years: longer ones overflow the calendar of some devices. */
const maxDays = 36_500
/** X.520: ub-common-name. */
const maxCommonName = 64

export interface TlsRequest {
  readonly names: readonly string[]
  /** Default: the first name that fits. */
  readonly subject?: string | undefined
  readonly keyType: KeyType
  readonly usage: CertificateUsage
  readonly days: number
  readonly authority?: Authority | undefined
  readonly now: Date
}

export interface TlsPair {
  /** PEM; behind it the authority's certificate when that is not a root. */
  readonly certificate: string
  /** PEM, PKCS #8. */
  readonly key: string
  readonly facts: {
    readonly subject: string
    readonly names: readonly string[]
    readonly validFrom: string
    readonly validUntil: string
    /** Upper-case hex with colons, as `--tls-pin` takes it. */
    readonly fingerprint256: string
  }
}

/**
 * Makes a key and a certificate, signed by itself or by an authority, whose life it does not outlast.
 * @throws UsageError for names and days that cannot be, ConfigError for an authority that may not sign or has expired
 */
export async function generateTls({ names, subject, keyType, usage, days, authority, now }: TlsRequest): Promise<TlsPair> {
  if (!Number.isInteger(days) || days < 1 || days > maxDays)
    throw new UsageError(`--days must be a whole number from 1 to ${maxDays}`)
  const subjectNames = names.map(parseSubjectName)
  if (subjectNames.length === 0 && usage !== 'ca' && usage !== 'client') {
    throw new UsageError('--san is missing: clients look at nothing else', { hint: 'Give a name or an address, or several.' })
  }
  const commonName = subject ?? subjectNames.find(({ name }) => name.length <= maxCommonName)?.name ?? 'pbxkit'
  if (commonName === '' || [...commonName].length > maxCommonName || /\p{Cc}/u.test(commonName))
    throw new UsageError(`--subject has 1 to ${maxCommonName} characters`)
  // The certificate knows no fractions of a second.
  const start = Math.floor(now.getTime() / 1000) * 1000
  const until = authority ? Math.min(start + days * dayMs, Date.parse(authority.certificate.validTo)) : start + days * dayMs
  const keys = await generateKeys(keyType)
  const pem = createCertificate({
    ...{ commonName, names: subjectNames, usage, keys, authority },
    notBefore: new Date(start - backdateMs),
    notAfter: new Date(until)
  })
  const made = new X509Certificate(pem)
  const isIntermediate = authority && authority.certificate.subject !== authority.certificate.issuer
  return {
    certificate: pem + (isIntermediate ? authority.certificate.toString() : ''),
    key: privateKeyPem(keys.privateKey),
    facts: {
      subject: made.subject,
      names: subjectNames.map(({ name }) => name),
      validFrom: new Date(made.validFrom).toISOString(),
      validUntil: new Date(made.validTo).toISOString(),
      fingerprint256: made.fingerprint256
    }
  }
}

/** Reads an authority from PEM files. @throws ConfigError when it cannot be read, may not sign, has expired, or its key is another's */
export function readAuthority(certificateFile: string, keyFile: string, now: Date): Authority {
  const read = (file: string) => {
    try {
      return fs.readFileSync(file, 'latin1')
    } catch (cause) {
      throw new ConfigError(`Cannot read the authority's file ${file}: ${(cause as Error).message}`, {
        cause,
        hint: 'pbxkit keygen --type tls --usage ca --out DIR/ca makes an authority.'
      })
    }
  }
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(read(certificateFile))
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(`There is no certificate in ${certificateFile}: ${(cause as Error).message}`, { cause })
  }
  const { privateKey } = readPrivateKey(read(keyFile), keyFile)
  const refuse = (why: string) => new ConfigError(`${certificateFile} cannot sign: ${why}`)
  if (!certificate.ca) throw refuse('it is the certificate of no authority')
  if (!certificate.checkPrivateKey(privateKey)) throw refuse(`${keyFile} is the key of another certificate`)
  if (Date.parse(certificate.validTo) <= now.getTime()) throw refuse(`it has expired on ${certificate.validTo}`)
  if (!['rsa', 'ec'].includes(privateKey.asymmetricKeyType ?? '')) throw refuse('its key is neither RSA nor ECDSA')
  return { certificate, privateKey }
}

export type FileLayout = 'separate' | 'single'

/** Where Asterisk and the others find it. */
export interface TlsPaths {
  readonly certificate: string
  /** Absent where one file has both. */
  readonly key?: string | undefined
}

/** `BASE.crt` and `BASE.key`, or both in `BASE.pem`. */
export function tlsFiles({ certificate, key }: TlsPair, base: string, layout: FileLayout): { files: NewFile[]; paths: TlsPaths } {
  if (layout === 'single') {
    const file = `${base}.pem`
    return { files: [{ path: file, content: certificate + key }], paths: { certificate: file } }
  }
  const paths = { certificate: `${base}.crt`, key: `${base}.key` }
  // The key first: a certificate without its key is of no use.
  const files = [
    { path: paths.key, content: key },
    { path: paths.certificate, content: certificate }
  ]
  return { files, paths }
}
