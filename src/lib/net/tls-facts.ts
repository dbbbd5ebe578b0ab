import type net from 'node:net'
import type tls from 'node:tls'

/** What was agreed on with a TLS peer. */
export interface TlsFacts {
  /** `TLSv1.3` */
  version: string | undefined
  cipher: string
  /** The common name of its certificate, else its first alternative name. */
  subject: string | undefined
  issuer: string | undefined
  /** ISO 8601. */
  validTo: string | undefined
  /** As a pin: `sha256:` and hex. */
  fingerprint: string | undefined
}

/** @returns undefined for a socket without TLS */
export function tlsFacts(socket: net.Socket): TlsFacts | undefined {
  if (!('getPeerCertificate' in socket)) return undefined
  const secure = socket as tls.TLSSocket
  const certificate = secure.getPeerCertificate()
  const { subject, issuer, valid_to: validTo, fingerprint256, subjectaltname } = certificate
  const name = (of: typeof subject | undefined) => [of?.CN].flat()[0]
  return {
    version: secure.getProtocol() ?? undefined,
    cipher: secure.getCipher().name,
    subject: name(subject) ?? subjectaltname?.split(', ')[0]?.replace(/^DNS:/, ''),
    issuer: name(issuer),
    validTo: validTo ? new Date(validTo).toISOString() : undefined,
    fingerprint: fingerprint256 ? `sha256:${fingerprint256.replaceAll(':', '').toLowerCase()}` : undefined
  }
}
