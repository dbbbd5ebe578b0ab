import { createDecipheriv, randomBytes } from 'node:crypto'
import { usableCiphers } from '../voipmonitor/cipher.js'
import { parseCommand } from '../voipmonitor/command.js'
import { type ManagerKey, parseManagerKey } from '../voipmonitor/encryption.js'
import { encodeEncryptedRequest } from '../voipmonitor/request.js'
import type { Generated, KeyFormat } from './generated.js'

/** All that any cipher of the sniffer takes; with fewer it reads past the end of its memory. */
const keyBytes = 32
const ivBytes = 16

type ManagerFormat = Exclude<KeyFormat, 'value'>

const write: Record<ManagerFormat, (key: string, iv: string) => string> = {
  // voipmonitor.conf
  conf: (key, iv) => `manager_aes_key = ${key}\nmanager_aes_iv = ${iv}\n`,
  // configuration.php of the GUI
  php: (key, iv) => `define('VPMANAGER_AES_KEY', '${key}');\ndefine('VPMANAGER_AES_IV', '${iv}');\n`,
  // The GUI's table `system`: `type` has no unique key, and of several rows the sniffer takes the first that comes.
  sql: (key, iv) => {
    const content = `'${JSON.stringify({ key, iv })}'`
    return `START TRANSACTION;
UPDATE \`system\` SET content = ${content} WHERE type = 'manager_key';
INSERT INTO \`system\` (type, content) SELECT 'manager_key', ${content} FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM \`system\` WHERE type = 'manager_key');
COMMIT;
`
  },
  // What the GUI keeps in that row.
  json: (key, iv) => `${JSON.stringify({ key, iv })}\n`,
  ini: (key, iv) => `manager-aes-key = ${key}\nmanager-aes-iv = ${iv}\n`,
  env: (key, iv) => `PBXKIT_MANAGER_KEY=${key}\nPBXKIT_MANAGER_IV=${iv}\n`
}

/**
 * A key for VoIPmonitor's manager: 32 and 16 random bytes in standard base64, which is all that the sniffer's decoder reads rightly.
 * Nothing is given that was not read back and used first.
 * @throws Error when it does not come back: a defect of ours
 */
export function generateManagerKey(random: (bytes: number) => Buffer = randomBytes): Generated {
  const bytes = { key: random(keyBytes), iv: random(ivBytes) }
  const key = bytes.key.toString('base64')
  const iv = bytes.iv.toString('base64')
  const texts = Object.fromEntries(Object.entries(write).map(([format, text]) => [format, text(key, iv)]))
  for (const [format, text] of Object.entries(texts)) assertComesBack(text, format, bytes)
  return { facts: { type: 'voipmonitor', key, iv, keyBytes, ivBytes }, texts, preferred: 'conf' }
}

/** Reads what is to be printed, and sends itself a command under every cipher with it. */
function assertComesBack(text: string, format: string, wanted: ManagerKey): void {
  const found = text.match(/(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{22}==)/g) ?? []
  const [key = '', iv = ''] = found
  const read = parseManagerKey({ key, iv })
  if (!read.key.equals(wanted.key) || !read.iv.equals(wanted.iv))
    throw new Error(`The key does not come back from --format ${format}`)
  const command = parseCommand('getversion')
  for (const { name } of usableCiphers) {
    const { bytes, encryption } = encodeEncryptedRequest(command, read, name)
    const { cipher } = encryption!
    const decipher = createDecipheriv(cipher.name, wanted.key.subarray(0, cipher.keyBytes), wanted.iv)
    const body = bytes.subarray(cipher.name.length + 1, -':sea'.length)
    const plain = Buffer.concat([decipher.update(body), decipher.final()]).toString()
    if (plain !== `${command.text}\r\n\r\n`) throw new Error(`${name} does not give back what it was given`)
  }
}
