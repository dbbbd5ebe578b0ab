import { createCipheriv, createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { findCipher } from '../../../src/lib/voipmonitor/cipher.js'
import type { Encryption } from '../../../src/lib/voipmonitor/encryption.js'

const standardFolder = path.join(import.meta.dirname, '../../fixtures/voipmonitor')

interface Recorded {
  n: number
  id: string
  transport: 'tcp' | 'unix'
  meaning: string
  /** Absent where what was sent is no command with a line end. */
  command?: string
  terminator?: string
  halfClose?: boolean
  /** Sizes of the pieces and the delay before each in ms. */
  chunks?: [bytes: number, delayMs: number][]
  encrypted?: boolean
  crypto?: { cipherOnWire?: string; cipher: string; key: string; iv: string; serverKey?: string; serverIv?: string }
  close: 'server closed' | 'client timeout'
  request: string
  reply: {
    sha256: string
    base64?: string
    file?: string
    /** Too large to stand here encrypted: its text, from which the recorded bytes are made again. */
    encryptedFile?: string
    encrypted?: boolean
    gzip?: boolean
    plainSha256?: string
  }
}

/** One exchange with a real sniffer (2026.04.0), byte by byte. */
export interface Exchange extends Omit<Recorded, 'request'> {
  readonly title: string
  readonly request: Buffer
  readonly replyBytes: Buffer
  /** What the client encrypted with. */
  readonly encryption: Encryption | undefined
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/**
 * All 236, in order. The bytes of the large ones are checked against the recording.
 * @param folder for a program that is bundled, and does not know where this file was
 */
export function readExchanges(folder = standardFolder): Exchange[] {
  const recorded: Recorded[] = JSON.parse(fs.readFileSync(path.join(folder, 'exchanges.json'), 'utf8'))
  return recorded.map((one) => {
    const encryption = one.crypto && encryptionOf(one.crypto)
    const replyBytes = replyOf(one, encryption, folder)
    if (sha256(replyBytes) !== one.reply.sha256) throw new Error(`The reply of exchange ${one.n} is not the recorded one`)
    return { ...one, title: `${one.n} ${one.id}`, request: Buffer.from(one.request, 'base64'), replyBytes, encryption }
  })
}

function replyOf({ reply }: Recorded, encryption: Encryption | undefined, folder: string): Buffer {
  if (reply.base64 !== undefined) return Buffer.from(reply.base64, 'base64')
  const text = gunzipSync(fs.readFileSync(path.join(folder, (reply.file ?? reply.encryptedFile)!)))
  if (!reply.encryptedFile) return text
  const aes = createCipheriv(encryption!.cipher.name, encryption!.key, encryption!.iv)
  return Buffer.concat([Buffer.from('aes:'), aes.update(text), aes.final()])
}

/** As the client had it: in ciphers, too, that we do not send in. */
function encryptionOf({ cipher: name, key, iv }: NonNullable<Recorded['crypto']>): Encryption {
  // GCM: its reply is looked at as if it were in the default cipher.
  const cipher = findCipher(name.endsWith('gcm') ? 'aes-128-cbc' : name)!
  return { cipher, key: Buffer.from(key, 'base64').subarray(0, cipher.keyBytes), iv: Buffer.from(iv, 'base64') }
}
