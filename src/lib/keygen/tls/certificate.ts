import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'
import * as asn1js from 'asn1js'
import {
  AlgorithmIdentifier,
  AltName,
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  PublicKeyInfo,
  RelativeDistinguishedNames,
  Time
} from 'pkijs'
import type { KeyPair } from './key-pair.js'
import type { SubjectName } from './subject-names.js'

export type CertificateUsage = 'server' | 'client' | 'both' | 'ca'

/** Who signs: a certificate that may, and its key. */
export interface Authority {
  readonly certificate: X509Certificate
  readonly privateKey: KeyObject
}

export interface CertificateRequest {
  /** Common name of the subject, at most 64 characters. */
  readonly commonName: string
  readonly names: readonly SubjectName[]
  readonly usage: CertificateUsage
  readonly keys: KeyPair
  readonly notBefore: Date
  readonly notAfter: Date
  /** Without one it is signed with its own key. */
  readonly authority?: Authority | undefined
}

const oid = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ecdsaWithSha384: '1.2.840.10045.4.3.3',
  sha256WithRsa: '1.2.840.113549.1.1.11'
}

/** Bits of KeyUsage (RFC 5280 section 4.2.1.3), the first one on the left. */
const keyUsageBits = { digitalSignature: 0x80, keyEncipherment: 0x20, keyCertSign: 0x04, crlSign: 0x02 }

/** Makes a certificate of X.509 v3 (RFC 5280) as PEM. It was read back, and its signature checked. */
export function createCertificate(request: CertificateRequest): string {
  const { keys, authority } = request
  const signer = authority?.privateKey ?? keys.privateKey
  const certificate = new Certificate()
  certificate.version = 2
  certificate.serialNumber = new asn1js.Integer({ valueHex: arrayBuffer(serialNumber()) })
  certificate.subject = distinguishedName(request.commonName)
  // The issuer's name must be its subject byte for byte.
  certificate.issuer = authority ? certificateOf(authority.certificate).subject : certificate.subject
  certificate.notBefore = time(request.notBefore)
  certificate.notAfter = time(request.notAfter)
  certificate.subjectPublicKeyInfo = PublicKeyInfo.fromBER(arrayBuffer(spki(keys.publicKey)))
  certificate.extensions = extensions(request)
  const { algorithm, hash } = signatureOf(signer)
  certificate.signature = algorithm
  certificate.signatureAlgorithm = algorithm
  const tbs = Buffer.from(certificate.encodeTBS().toBER())
  certificate.tbsView = tbs
  certificate.signatureValue = new asn1js.BitString({ valueHex: arrayBuffer(sign(hash, tbs, signer)) })
  const made = new X509Certificate(Buffer.from(certificate.toSchema(true).toBER()))
  if (!made.verify(authority?.certificate.publicKey ?? keys.publicKey) || !made.checkPrivateKey(keys.privateKey))
    throw new Error('The certificate does not verify')
  return made.toString()
}

/** 127 random bits: RFC 5280 wants them positive and at most 20 bytes, and whoever guesses them forges more easily. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  // Neither negative nor with a zero in front, which DER does not allow.
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes
}

function distinguishedName(commonName: string): RelativeDistinguishedNames {
  const value = new asn1js.Utf8String({ value: commonName })
  return new RelativeDistinguishedNames({ typesAndValues: [new AttributeTypeAndValue({ type: oid.commonName, value })] })
}

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). */
function time(value: Date): Time {
  return new Time({ type: value.getUTCFullYear() < 2050 ? 0 : 1, value })
}

function signatureOf(key: KeyObject): { algorithm: AlgorithmIdentifier; hash: string } {
  if (key.asymmetricKeyType === 'rsa') {
    const algorithmParams = new asn1js.Null()
    return { algorithm: new AlgorithmIdentifier({ algorithmId: oid.sha256WithRsa, algorithmParams }), hash: 'sha256' }
  }
  const isLarge = key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
  const algorithmId = isLarge ? oid.ecdsaWithSha384 : oid.ecdsaWithSha256
  return { algorithm: new AlgorithmIdentifier({ algorithmId }), hash: isLarge ? 'sha384' : 'sha256' }
}

function extensions({ usage, names, keys, authority }: CertificateRequest): Extension[] {
  const isCa = usage === 'ca'
  const make = (extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }) =>
    new Extension({ extnID, critical, extnValue: value.toBER() })
  const list = [
    // pathLenConstraint 0: what this authority signs can sign nothing.
    make(oid.basicConstraints, true, new BasicConstraints(isCa ? { cA: true, pathLenConstraint: 0 } : {}).toSchema()),
    make(oid.keyUsage, true, keyUsage(isCa, keys.publicKey.asymmetricKeyType === 'rsa')),
    make(oid.subjectKeyIdentifier, false, new asn1js.OctetString({ valueHex: arrayBuffer(keyIdentifier(keys.publicKey)) })),
    make(
      oid.authorityKeyIdentifier,
      false,
      new AuthorityKeyIdentifier({ keyIdentifier: authorityKeyIdentifier(keys, authority) }).toSchema()
    )
  ]
  if (!isCa) {
    const purposes = { server: [oid.serverAuth], client: [oid.clientAuth], both: [oid.serverAuth, oid.clientAuth] }[usage]
    list.push(make(oid.extKeyUsage, false, new ExtKeyUsage({ keyPurposes: purposes }).toSchema()))
  }
  if (names.length > 0) list.push(make(oid.subjectAltName, false, new AltName({ altNames: names.map(generalName) }).toSchema()))
  return list
}

function keyUsage(isCa: boolean, isRsa: boolean): asn1js.BitString {
  const { digitalSignature, keyEncipherment, keyCertSign, crlSign } = keyUsageBits
  const bits = isCa ? keyCertSign | crlSign : digitalSignature | (isRsa ? keyEncipherment : 0)
  // DER leaves out the zero bits at the end.
  const unusedBits = 31 - Math.clz32(bits & -bits)
  return new asn1js.BitString({ valueHex: Uint8Array.of(bits).buffer, unusedBits })
}

function generalName(subject: SubjectName): GeneralName {
  if (subject.kind === 'dns') return new GeneralName({ type: 2, value: subject.name })
  return new GeneralName({ type: 7, value: new asn1js.OctetString({ valueHex: arrayBuffer(subject.bytes) }) })
}

/** The authority's own identifier, whatever way it was made: chains are built by comparing the two. */
function authorityKeyIdentifier(keys: KeyPair, authority: Authority | undefined): asn1js.OctetString {
  if (!authority) return new asn1js.OctetString({ valueHex: arrayBuffer(keyIdentifier(keys.publicKey)) })
  const found = certificateOf(authority.certificate).extensions?.find(({ extnID }) => extnID === oid.subjectKeyIdentifier)
  if (found?.parsedValue instanceof asn1js.OctetString) return found.parsedValue
  return new asn1js.OctetString({ valueHex: arrayBuffer(keyIdentifier(authority.certificate.publicKey)) })
}

/** SHA-1 of the key's bits, without tag and length (RFC 5280 section 4.2.1.2): a name, not a protection. */
function keyIdentifier(key: KeyObject): Buffer {
  const bits = PublicKeyInfo.fromBER(arrayBuffer(spki(key))).subjectPublicKey.valueBlock.valueHexView
  return createHash('sha1').update(bits).digest()
}

function certificateOf(certificate: X509Certificate): Certificate {
  return Certificate.fromBER(arrayBuffer(certificate.raw))
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

/** The bytes alone: a Buffer may be a part of a larger one. */
function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}
