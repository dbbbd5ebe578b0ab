import { describe, expect, it } from 'vitest'
import { generateManagerKey } from '../../../../src/lib/keygen/voipmonitor.js'
import { parseCommand } from '../../../../src/lib/voipmonitor/command.js'
import { parseManagerKey } from '../../../../src/lib/voipmonitor/encryption.js'
import { encodeEncryptedRequest } from '../../../../src/lib/voipmonitor/request.js'
import { readExchanges } from '../../support/voipmonitor-exchanges.js'

describe('a key for the manager', () => {
  it('has 32 and 16 bytes, in standard base64, and is another one each time', () => {
    const { key, iv } = generateManagerKey().facts as { key: string; iv: string }
    expect([Buffer.from(key, 'base64').length, Buffer.from(iv, 'base64').length]).toEqual([32, 16])
    expect(parseManagerKey({ key, iv }).key.toString('base64')).toBe(key)
    expect(generateManagerKey().facts.key).not.toBe(key)
  })

  it('is written for every place that VoIPmonitor reads it from', () => {
    const { texts } = generateManagerKey((bytes) => Buffer.alloc(bytes, 0xfb))
    const key = Buffer.alloc(32, 0xfb).toString('base64')
    const iv = Buffer.alloc(16, 0xfb).toString('base64')
    expect(texts.conf).toBe(`manager_aes_key = ${key}\nmanager_aes_iv = ${iv}\n`)
    expect(texts.php).toBe(`define('VPMANAGER_AES_KEY', '${key}');\ndefine('VPMANAGER_AES_IV', '${iv}');\n`)
    expect(JSON.parse(texts.json!)).toEqual({ key, iv })
    expect(texts.sql).toContain(`SET content = '{"key":"${key}","iv":"${iv}"}' WHERE type = 'manager_key';`)
    expect(texts.ini).toBe(`manager-aes-key = ${key}\nmanager-aes-iv = ${iv}\n`)
    expect(texts.env).toBe(`PBXKIT_MANAGER_KEY=${key}\nPBXKIT_MANAGER_IV=${iv}\n`)
  })

  it('gives, from the bytes of a recorded key, the bytes of every recorded request that a sniffer answered under it', () => {
    let compared = 0
    for (const { title, n, crypto, command, terminator, request } of readExchanges()) {
      // 107 has the end mark in its ciphertext, and is sent in another cipher.
      if (!crypto || command === undefined || terminator !== '\r\n\r\n' || n === 107) continue
      const [key, iv] = [crypto.key, crypto.iv].map((text) => Buffer.from(text, 'base64')) as [Buffer, Buffer]
      const isOurs = /^aes-\d+-cbc$/.test(crypto.cipherOnWire ?? '') && crypto.cipherOnWire === crypto.cipher
      if (!isOurs || key.length !== 32 || iv.length !== 16) continue
      const { texts } = generateManagerKey((bytes) => (bytes === 32 ? key : iv))
      const read = parseManagerKey(JSON.parse(texts.json!))
      const sent = encodeEncryptedRequest({ ...parseCommand('getversion'), text: command }, read, crypto.cipher)
      expect(sent.bytes.equals(request), title).toBe(true)
      compared++
    }
    expect(compared).toBeGreaterThan(80)
  })
})
