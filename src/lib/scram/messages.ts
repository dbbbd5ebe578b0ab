import { ProtocolError } from '../errors.js'

export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-256-PLUS'

/** What ties a login to the TLS connection that it goes over (RFC 5056), so that a third party cannot pass it on. */
export interface ChannelBinding {
  /** `tls-exporter` (RFC 9266) with TLS 1.3; `tls-server-end-point` (RFC 5929) is a hash of the certificate. */
  name: 'tls-exporter' | 'tls-server-end-point'
  data: Buffer
}

/** The longest that is in use has 300 bytes; a name and a nonce of the greatest length fit. */
const maxMessageBytes = 1_024
/** As long as a name in most databases. */
const maxUsernameBytes = 255
/** RFC 5802 gives no limit; 18 to 32 random bytes are in use. */
const maxNonceLength = 128

export interface ClientFirst {
  /** With its two commas: the client repeats it in `c=`. */
  gs2Header: string
  /** `n`: has no channel binding. `y`: thinks that the server has none. `p`: uses one. */
  flag: 'n' | 'y' | 'p'
  bindingName: string | undefined
  /** What is signed. */
  bare: string
  username: string
  nonce: string
}

export interface ServerFirst {
  nonce: string
  salt: Buffer
  iterations: number
}

export interface ClientFinal {
  /** Decoded `c=`. */
  binding: Buffer
  nonce: string
  proof: Buffer
  /** What is signed. */
  withoutProof: string
}

/** RFC 5802 section 7: printable ASCII without the comma. */
const noncePattern = /^[\x21-\x2b\x2d-\x7e]+$/

/** @throws ProtocolError */
export function parseClientFirst(message: string): ClientFirst {
  assertLength(message)
  const [, gs2Header, cbind, authorizationId, bare = ''] = /^((n|y|p=[A-Za-z0-9.-]{1,64}),(a=[^,]*)?,)(.*)$/s.exec(message) ?? []
  if (gs2Header === undefined || cbind === undefined) throw malformed('client-first')
  if (authorizationId !== undefined) throw new ProtocolError('The client wants to act as another user')
  if (bare.startsWith('m=')) throw new ProtocolError('The client asks for an extension that is mandatory to it')
  const [name, nonce] = attributes(bare, ['n', 'r'], 'client-first')
  const username = decodeName(name!)
  assertNonce(nonce!)
  const flag = cbind[0] as ClientFirst['flag']
  return { gs2Header, flag, bindingName: flag === 'p' ? cbind.slice(2) : undefined, bare, username, nonce: nonce! }
}

/** @throws ProtocolError */
export function parseServerFirst(message: string): ServerFirst {
  assertLength(message)
  if (message.startsWith('m=')) throw new ProtocolError('The server asks for an extension that is mandatory to it')
  const [nonce, saltText, count] = attributes(message, ['r', 's', 'i'], 'server-first')
  assertNonce(nonce!, 2 * maxNonceLength)
  const salt = decodeBase64(saltText!)
  if (!salt || !/^[1-9]\d{0,8}$/.test(count!)) throw malformed('server-first')
  return { nonce: nonce!, salt, iterations: Number(count) }
}

/** @throws ProtocolError */
export function parseClientFinal(message: string): ClientFinal {
  assertLength(message)
  const proofAt = message.lastIndexOf(',p=')
  if (proofAt < 0) throw malformed('client-final')
  const withoutProof = message.slice(0, proofAt)
  const [bindingText, nonce] = attributes(withoutProof, ['c', 'r'], 'client-final')
  const binding = decodeBase64(bindingText!)
  const proof = decodeBase64(message.slice(proofAt + 3))
  if (!binding || !proof) throw malformed('client-final')
  return { binding, nonce: nonce!, proof, withoutProof }
}

/** @returns the server's signature, or the error that it names @throws ProtocolError */
export function parseServerFinal(message: string): { signature: Buffer } | { error: string } {
  assertLength(message)
  if (message.startsWith('e=')) return { error: message.slice(2) }
  const [text] = attributes(message, ['v'], 'server-final')
  const signature = decodeBase64(text!)
  if (!signature) throw malformed('server-final')
  return { signature }
}

/** `,` and `=` have a meaning of their own (RFC 5802 section 5.1). */
export function encodeName(username: string): string {
  return username.replaceAll('=', '=3D').replaceAll(',', '=2C')
}

/** What `c=` holds. */
export function bindingInput(gs2Header: string, binding: ChannelBinding | undefined): Buffer {
  return Buffer.concat([Buffer.from(gs2Header), ...(binding ? [binding.data] : [])])
}

/** @returns undefined for what is no base64, or not in the one form that it has */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined
}

function decodeName(text: string): string {
  if (/=(?!2C|3D)/.test(text)) throw malformed('client-first')
  const name = text.replaceAll('=2C', ',').replaceAll('=3D', '=')
  if (name === '' || Buffer.byteLength(name) > maxUsernameBytes) {
    throw new ProtocolError(`A user name has 1 to ${maxUsernameBytes} bytes`)
  }
  return name
}

/** The values of attributes that must stand first and in this order; optional ones may follow, and mean nothing to us. */
function attributes(text: string, names: readonly string[], what: string): string[] {
  const parts = text.split(',')
  return names.map((name, i) => {
    const part = parts[i]
    if (!part?.startsWith(`${name}=`)) throw malformed(what)
    return part.slice(2)
  })
}

function assertNonce(nonce: string, maxLength = maxNonceLength): void {
  if (!noncePattern.test(nonce) || nonce.length > maxLength)
    throw new ProtocolError('A nonce is no printable text of some length')
}

function assertLength(message: string): void {
  if (Buffer.byteLength(message) > maxMessageBytes)
    throw new ProtocolError(`A SCRAM message is longer than ${maxMessageBytes} bytes`)
}

function malformed(what: string): ProtocolError {
  return new ProtocolError(`This is no SCRAM ${what} message`)
}
