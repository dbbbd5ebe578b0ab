import { createPrivateKey, X509Certificate } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { ConfigError } from '../../errors.js'
import { isIpAddress } from '../../net/ip-address.js'

/** A certificate with its chain, and its key, both PEM. */
export interface PemPair {
  readonly certificate: string
  readonly key: string
}

/** A chain has some kB, and traefik keeps all certificates of a host in one file; more is neither. */
const maxFileBytes = 8 * 1024 * 1024

/** Files that change when the ACME client has a new certificate. @param source as in `readAcme` */
export function acmeFiles(source: string): string[] {
  return isAcmeJson(source) ? [source] : [path.join(source, 'fullchain.pem'), path.join(source, 'privkey.pem')]
}

/**
 * Reads what an ACME client keeps: a folder of certbot (`live/NAME` with fullchain.pem and privkey.pem, which are links), or traefik's acme.json, of which the certificate for the
 * domain counts that lasts longest.
 * @throws ConfigError; its message never has a part of the key
 */
export function readAcme(source: string, domain: string): PemPair {
  const pair = isAcmeJson(source) ? fromAcmeJson(source, domain) : fromFolder(source)
  const certificate = parse(pair.certificate, source)
  // certbot changes one link after the other: between them the two do not belong together.
  if (!isKeyOf(certificate, pair.key)) throw new ConfigError(`The key in ${source} is not that of the certificate`)
  if (!isGoodFor(certificate, domain)) throw new ConfigError(`The certificate in ${source} is not good for ${domain}`)
  return pair
}

function isAcmeJson(source: string): boolean {
  return source.endsWith('.json')
}

function fromFolder(folder: string): PemPair {
  const [certificate, key] = acmeFiles(folder).map(read)
  return { certificate: certificate!, key: key! }
}

function fromAcmeJson(file: string, domain: string): PemPair {
  let json: unknown
  try {
    json = JSON.parse(read(file))
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    // No cause: the text of a JSON error repeats what stands there, which may be the key.
    throw new ConfigError(`${file} is no JSON`)
  }
  const found = entriesOf(json)
    .flatMap((pair) => {
      try {
        const certificate = new X509Certificate(pair.certificate)
        return isGoodFor(certificate, domain) ? [{ pair, until: Date.parse(certificate.validTo) }] : []
      } catch {
        // One that cannot be read is not for us, or will be told as missing.
        return []
      }
    })
    .sort((a, b) => b.until - a.until)[0]
  if (!found) throw new ConfigError(`There is no certificate for ${domain} in ${file}`)
  return found.pair
}

/** traefik 2 and 3 have `{RESOLVER: {Certificates: [{certificate, key}]}}`, 1 had `{Certificates: [{Certificate, Key}]}`; PEM in base64. */
function entriesOf(json: unknown): PemPair[] {
  if (!isRecord(json)) return []
  const lists = [json, ...Object.values(json)].flatMap((one) =>
    isRecord(one) && Array.isArray(one.Certificates) ? [one.Certificates] : []
  )
  return lists.flat().flatMap((one) => {
    if (!isRecord(one)) return []
    const [certificate, key] = [one.certificate ?? one.Certificate, one.key ?? one.Key]
    return typeof certificate === 'string' && typeof key === 'string'
      ? [{ certificate: decode(certificate), key: decode(key) }]
      : []
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1')
}

function parse(pem: string, source: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new ConfigError(`There is no certificate in ${source}: ${(cause as Error).message}`, { cause })
  }
}

export function isGoodFor(certificate: X509Certificate, domain: string): boolean {
  const found = isIpAddress(domain) ? certificate.checkIP(domain) : certificate.checkHost(domain, { subject: 'never' })
  return found !== undefined
}

export function isKeyOf(certificate: X509Certificate, pem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(pem))
  } catch {
    return false
  }
}

function read(file: string): string {
  try {
    if (fs.statSync(file).size > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes} bytes`)
    return fs.readFileSync(file, 'latin1')
  } catch (cause) {
    throw new ConfigError(`Cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
}
