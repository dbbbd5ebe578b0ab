import fs from 'node:fs/promises'
import path from 'node:path'
import { run } from './command.js'

/** A certificate and its private key, as PEM text. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

/** A week: nobody keeps a lab certificate, and a short life shows when somebody does. */
const DAYS = '7'

/** Makes a self-signed certificate for localhost and 127.0.0.1. @param dir a folder for openssl to write into */
export async function selfSigned(dir: string): Promise<KeyPair> {
  const cert = path.join(dir, 'self-signed.crt')
  const key = path.join(dir, 'self-signed.key')
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', DAYS]
  await run('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', cert])
  return { cert: await fs.readFile(cert, 'utf8'), key: await fs.readFile(key, 'utf8') }
}
