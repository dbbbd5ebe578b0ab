import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { ConfigError } from '../../errors.js'

/** P-256 is what every telephone and browser knows, and signs a thousand times a second; RSA is for devices that know nothing else. */
export const keyTypes = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const
export type KeyType = (typeof keyTypes)[number]

export interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** A new key, made in a thread of its own: an RSA key of 4096 bits takes seconds. */
export async function generateKeys(type: KeyType): Promise<KeyPair> {
  const generate = promisify(generateKeyPair) as (kind: string, options: object) => Promise<KeyPair>
  const [kind, size] = type.split('-') as [string, string]
  return kind === 'ec'
    ? generate('ec', { namedCurve: size === 'p256' ? 'prime256v1' : 'secp384r1' })
    : generate('rsa', { modulusLength: Number(size) })
}

/** PKCS #8, which openssl, Asterisk and Node read alike. */
export function privateKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string
}

/** A private key among other things of a PEM file. */
export const privateKeyBlock = /-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----[\s\S]+?-----END \1-----/

/** Reads the first private key of PEM. @param where its file, for messages @throws ConfigError */
export function readPrivateKey(pem: string, where: string): KeyPair {
  try {
    const privateKey = createPrivateKey(privateKeyBlock.exec(pem)?.[0] ?? pem)
    return { privateKey, publicKey: createPublicKey(privateKey) }
  } catch (cause) {
    throw new ConfigError(`Cannot read the private key ${where}: ${(cause as Error).message}`, {
      cause,
      hint: 'It must be a PEM file without a passphrase.'
    })
  }
}
