import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findCipher, usableCipher, usableCiphers } from '../../../../src/lib/voipmonitor/cipher.js'
import { parseCommand } from '../../../../src/lib/voipmonitor/command.js'
import { createEncryption, parseManagerKey } from '../../../../src/lib/voipmonitor/encryption.js'
import { encodeEncryptedRequest } from '../../../../src/lib/voipmonitor/request.js'
import { readExchanges } from '../../support/voipmonitor-exchanges.js'

const iv = Buffer.alloc(16, 1).toString('base64')
const base64 = (bytes: number) => Buffer.alloc(bytes, 0xfb).toString('base64')
const keyError = (pattern: RegExp) =>
  expect.objectContaining({ code: 'E_MANAGER_KEY', exit: 78, message: expect.stringMatching(pattern) })

describe('a key', () => {
  it('comes back from its base64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 64 }), (bytes) => {
        const key = Buffer.from(bytes)
        expect(parseManagerKey({ key: key.toString('base64'), iv }).key).toEqual(key)
      })
    )
  })

  it.each([
    ['base64url', base64(32).replaceAll('/', '_').replaceAll('+', '-'), /has a "[-_]"/],
    ['a line end', `${base64(32)}\n`, /not of its alphabet/],
    ['quotes', `"${base64(32)}"`, /not of its alphabet/],
    ['no padding', base64(32).replace(/=+$/, ''), /cut or its padding/],
    ['something behind the padding', `${base64(32)}AAAA`, /cut or its padding/],
    ['bits that no byte has', `${base64(32).slice(0, -2)}9=`, /cut or its padding/],
    ['nothing', '', /empty/],
    ['15 bytes', base64(15), /15 bytes/]
  ])('with %s is refused, and not repeated', (_what, key, pattern) => {
    expect(() => parseManagerKey({ key, iv })).toThrow(keyError(pattern))
    if (key) expect(() => parseManagerKey({ key, iv })).not.toThrow(key)
  })

  it('needs an IV of 16 bytes', () => {
    expect(() => parseManagerKey({ key: base64(32), iv: base64(8) })).toThrow(keyError(/IV has 8 bytes/))
  })

  it('is never shorter than the cipher takes (recorded cases 214 and 215: the sniffer read foreign memory)', () => {
    const key16 = parseManagerKey({ key: base64(16), iv })
    expect(() => createEncryption(key16, 'aes-256-cbc')).toThrow(keyError(/takes a key of 32 bytes, and this one has 16/))
    expect(() => createEncryption(key16, 'aes-192-cbc')).toThrow(keyError(/24/))
    expect(createEncryption(key16).cipher.name).toBe('aes-128-cbc')
  })

  it('that is longer gives its first bytes', () => {
    const { key } = createEncryption(parseManagerKey({ key: base64(32), iv }), 'aes-192-cbc')
    expect(key).toHaveLength(24)
  })
})

describe('a cipher', () => {
  it('is used in CBC only, by its name in lower case', () => {
    expect(usableCiphers.map(({ name }) => name)).toEqual(['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'])
    expect(usableCipher('AES-256-CBC').name).toBe('aes-256-cbc')
    expect(usableCipher('aes192').name).toBe('aes-192-cbc')
  })

  it.each(['aes', 'aes-bogus', 'aes-128-gcm', 'aes-256-ecb', 'aes-256-ctr', 'des-ede3-cbc', ''])('"%s" is refused', (name) => {
    expect(() => usableCipher(name)).toThrow(keyError(/./))
  })

  it('has the key and IV that OpenSSL says', async () => {
    const { getCipherInfo } = await import('node:crypto')
    for (const bits of [128, 192, 256]) {
      for (const mode of ['cbc', 'ctr', 'cfb', 'ofb', 'ecb', 'gcm']) {
        const info = getCipherInfo(`aes-${bits}-${mode}`)!
        expect(findCipher(`aes-${bits}-${mode}`)).toMatchObject({ keyBytes: info.keyLength, ivBytes: info.ivLength ?? 0 })
      }
    }
  })
})

describe('the end mark within the ciphertext (recorded cases 107 to 109)', () => {
  const recorded = (n: number) => readExchanges().find((one) => one.n === n)!
  const key32 = parseManagerKey(recorded(107).crypto!)
  const key16 = { ...key32, key: key32.key.subarray(0, 16) }

  it('is avoided by another cipher, when the key is long enough', () => {
    const request = encodeEncryptedRequest(parseCommand(recorded(107).command!), key32)
    expect(request.bytes).toEqual(recorded(108).request)
    expect(request.encryption?.cipher.name).toBe('aes-256-cbc')
  })

  it('is avoided by a blank more behind the name, when it is not', () => {
    const request = encodeEncryptedRequest(parseCommand(recorded(107).command!), key16)
    expect(request.bytes).toEqual(recorded(109).request)
    expect(request.command.text).toBe(recorded(109).command)
  })

  it('is an error where a blank would mean something', () => {
    const command = { ...parseCommand('getversion'), text: recorded(107).command! }
    expect(() => encodeEncryptedRequest(command, key16)).toThrow(expect.objectContaining({ code: 'E_CIPHERTEXT_END_MARK' }))
  })

  it('stands only at the end of what is sent', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.stringMatching(/^[a-z0-9 ]{0,200}$/), (key, text) => {
        const { bytes } = encodeEncryptedRequest(parseCommand(`coutstr ${text}`), { key: Buffer.from(key), iv: randomBytes(16) })
        expect(bytes.indexOf(':sea')).toBe(bytes.length - 4)
        expect(bytes.length).toBe('aes-128-cbc:'.length + Math.ceil((8 + text.length + 5) / 16) * 16 + 4)
      })
    )
  })
})
