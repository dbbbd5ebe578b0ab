import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEncryption, type Encryption } from '../../../../src/lib/voipmonitor/encryption.js'
import { ReplyDecoder, type ReplyOptions } from '../../../../src/lib/voipmonitor/reply-decoder.js'
import { chunksOf } from '../../support/chunks.js'
import { readExchanges } from '../../support/voipmonitor-exchanges.js'

const encryption = createEncryption({ key: Buffer.alloc(32, 5), iv: Buffer.alloc(16, 6) })
const command = { name: 'listcalls', text: 'listcalls {"limit":10}' }
const withCode = (code: string) => expect.objectContaining({ code })

function encrypted(text: string | Buffer, { cipher, key, iv }: Encryption = encryption): Buffer {
  const aes = createCipheriv(cipher.name, key, iv)
  return Buffer.concat([Buffer.from('aes:'), aes.update(text), aes.final()])
}

function read(bytes: Buffer, options: Partial<ReplyOptions> = {}, size = Math.max(1, bytes.length)): Buffer {
  const decoder = new ReplyDecoder({ command, ...options })
  return Buffer.concat([...chunksOf(bytes, size).flatMap((chunk) => decoder.push(chunk)), ...decoder.end()])
}

const key16 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes))
const otherKey = key16.filter((key) => !key.equals(encryption.key))
const otherIv = key16.filter((iv) => !iv.equals(encryption.iv))

describe('to an encrypted request', () => {
  it('no recorded clear answer is believed, at any cut', () => {
    const clear = readExchanges().filter(
      ({ reply, replyBytes }) => !reply.encrypted && replyBytes.length > 0 && replyBytes.length < 3000
    )
    const errors = new Map([
      ['need aes!\n', 'E_NEED_AES'],
      ['failed aes decrypt!\n', 'E_NO_SNIFFER_KEY'],
      ['command not found\n', 'E_NO_SNIFFER_KEY']
    ])
    expect(clear.length).toBeGreaterThan(70)
    for (const { title, replyBytes } of clear) {
      const code = errors.get(replyBytes.toString()) ?? 'E_PLAIN_REPLY'
      for (const size of [1, 7, replyBytes.length])
        expect(() => read(replyBytes, { encryption }, size), title).toThrow(withCode(code))
    }
  })

  it('a clear answer is refused at its first bytes: nothing of it is handed out, however long it is', () => {
    expect(() => new ReplyDecoder({ command, encryption }).push(Buffer.from('[["callreference"'))).toThrow(
      withCode('E_PLAIN_REPLY')
    )
    expect(() => new ReplyDecoder({ command, encryption }).push(Buffer.from('HTTP/1.1 400 Bad Request'))).toThrow(
      withCode('E_PLAIN_REPLY')
    )
  })

  it('an empty answer is one, and a part of the mark is a cut one', () => {
    expect(read(Buffer.alloc(0), { encryption })).toHaveLength(0)
    for (const part of ['a', 'ae', 'aes', 'aes:']) {
      expect(() => read(Buffer.from(part), { encryption })).toThrow(withCode('E_CUT_REPLY'))
    }
  })
})

describe('an encrypted answer', () => {
  it('comes back whatever it is, when the key is right', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), (bytes, size) => {
        expect(read(encrypted(Buffer.from(bytes)), { encryption, expects: 'bytes' }, size)).toEqual(Buffer.from(bytes))
      })
    )
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (text, size) => {
        fc.pre(!/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text))
        expect(read(encrypted(text), { encryption }, size).toString()).toBe(text)
      })
    )
  })

  it('under another key is told as that, also when its padding fits by chance', () => {
    fc.assert(
      fc.property(otherKey, (key) => {
        const refusal = encrypted('failed aes decrypt!\n', { ...encryption, key })
        expect(() => read(refusal, { encryption })).toThrow(withCode('E_WRONG_KEY'))
      }),
      { numRuns: 2000 }
    )
    // Under our key the first block of these looks like text.
    for (const hex of ['fc04d0b111a5026bf8fb07f2075128e2', 'fc1002fcd4633028422168002e010e55']) {
      const refusal = encrypted('failed aes decrypt!\n', { ...encryption, key: Buffer.from(hex, 'hex') })
      expect(() => read(refusal, { encryption })).toThrow(withCode('E_WRONG_KEY'))
    }
    // Made to measure: under our key this ends in one byte of padding, and is no text.
    const aes = createCipheriv('aes-128-cbc', encryption.key, encryption.iv).setAutoPadding(false)
    const garbage = Buffer.concat([Buffer.alloc(31, 0x80), Buffer.from([1])])
    const fitting = Buffer.concat([Buffer.from('aes:'), aes.update(garbage)])
    expect(() => read(fitting, { encryption })).toThrow(withCode('E_WRONG_KEY'))
  })

  it('under another IV is told as that', () => {
    fc.assert(
      fc.property(otherIv, fc.constantFrom('failed aes decrypt!\n', 'command not found\n'), (iv, text) => {
        expect(() => read(encrypted(text, { ...encryption, iv }), { encryption })).toThrow(withCode('E_WRONG_IV'))
      }),
      { numRuns: 1000 }
    )
    // The first block as that of a gzip file.
    const text = Buffer.from('failed aes decrypt!\n')
    const garbling = Buffer.from(
      text.subarray(0, 16).map((byte, at) => byte ^ encryption.iv[at]! ^ ([0x1f, 0x8b, 8, 0][at] ?? byte))
    )
    expect(() => read(encrypted(text, { ...encryption, iv: garbling }), { encryption })).toThrow(withCode('E_WRONG_IV'))
    // One bit: letters where letters were.
    const iv = Buffer.from(encryption.iv)
    iv[3]! ^= 1
    expect(() => read(encrypted('failed aes decrypt!\n', { ...encryption, iv }), { encryption })).toThrow(withCode('E_WRONG_IV'))
  })

  it('that is a file need not look like text', () => {
    const pcap = Buffer.from(`d4c3b2a1020004000000000000000000ffff000001000000${'00ff'.repeat(100)}`, 'hex')
    expect(() => read(encrypted(pcap), { encryption })).toThrow(withCode('E_WRONG_KEY'))
    expect(read(encrypted(pcap), { encryption, expects: 'bytes' })).toEqual(pcap)
    expect(() => read(encrypted(pcap).subarray(0, 100), { encryption, expects: 'bytes' })).toThrow(withCode('E_CUT_REPLY'))
    expect(read(Buffer.from('aes: a file'), { expects: 'bytes' }).toString()).toBe('aes: a file')
  })

  it('to a request in clear is out of order', () => {
    expect(() => read(encrypted('x'))).toThrow(withCode('E_PROTOCOL'))
  })

  it('is the text of an error only for a command that does not say so by itself', () => {
    const own = { name: 'failed_aes_decrypt', text: 'failed_aes_decrypt' }
    expect(read(encrypted('failed aes decrypt!\n'), { encryption, command: own }).toString()).toBe('failed aes decrypt!\n')
    expect(() => read(encrypted('failed aes decrypt!\n'), { encryption })).toThrow(withCode('E_UNREADABLE_REQUEST'))
  })
})
