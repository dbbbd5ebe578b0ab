import { createHash, createHmac } from 'node:crypto'

/** SHA-256 has so many bytes, and so have all keys, signatures and proofs. */
export const keyBytes = 32

export function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

export function hash(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** @param one as long as the other */
export function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, i) => byte ^ other[i]!))
}

/** What proves to the server that the client knows the password, made of the salted password (RFC 5802 section 3). */
export function clientKeyOf(saltedPassword: Buffer): Buffer {
  return hmac(saltedPassword, 'Client Key')
}

/** What proves to the client that the server knows the account. */
export function serverKeyOf(saltedPassword: Buffer): Buffer {
  return hmac(saltedPassword, 'Server Key')
}
