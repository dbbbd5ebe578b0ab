import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agiHeaderNames, encodeHeaderBlock, HeaderBlockReader } from '../../../../src/lib/agi/header-block.js'
import { ProtocolError } from '../../../../src/lib/errors.js'
import { agiSessions, cutAt, recordingOf, saidBy, splitHeaders } from '../../support/agi-recordings.js'
import { everyCut } from '../../support/chunks.js'

function readBlock(chunks: Iterable<Buffer>) {
  const reader = new HeaderBlockReader()
  let found: ReturnType<HeaderBlockReader['push']>
  const rest: Buffer[] = []
  for (const chunk of chunks) {
    if (found) rest.push(chunk)
    // The reader may keep nothing of a buffer that is used again.
    const lent = Buffer.from(chunk)
    if (!found) {
      found = reader.push(lent)
      if (found) rest.push(found.rest)
      lent.fill(0x7a)
    }
  }
  return found && { headers: found.headers, rest: Buffer.concat(rest) }
}

describe('the header block', () => {
  it.each(agiSessions)('of $name is read, and what follows it is left', (recording) => {
    const { headers, replies } = splitHeaders(recording)
    const found = readBlock([saidBy('A>', recording)])!
    expect(found.headers.bytes.equals(headers)).toBe(true)
    expect(found.rest.equals(replies)).toBe(true)
    expect(found.headers.entries.map(({ name }) => name)).toEqual(agiHeaderNames)
    expect(encodeHeaderBlock(found.headers.entries).equals(headers)).toBe(true)
  })

  it('is the same however it is cut', () => {
    const bytes = saidBy('A>', recordingOf('01-basic')).subarray(0, 700)
    for (const { how, chunks } of everyCut(bytes)) {
      const found = readBlock(chunks)!
      expect(found.headers.get('agi_threadid'), how).toBe('140081670141632')
      expect(Buffer.concat([found.headers.bytes, found.rest]).equals(bytes), how).toBe(true)
    }
  })

  it('gives values with colons whole, and arguments in their order', () => {
    const block = 'agi_request: agi://127.0.0.1:4573/x?a=b:c\nagi_accountcode: \nagi_arg_1: first arg\nagi_arg_2: \n\n'
    const { headers } = readBlock([Buffer.from(block)])!
    expect(headers.get('agi_request')).toBe('agi://127.0.0.1:4573/x?a=b:c')
    expect(headers.get('agi_accountcode')).toBe('')
    expect(headers.args).toEqual(['first arg', ''])
    expect(headers.get('agi_nothing')).toBeUndefined()
  })

  it.each([
    ['a line that is no header', 'agi_network: yes\nGET / HTTP/1.1\n'],
    ['a name in capitals', 'AGI_NETWORK: yes\n'],
    ['a line without a colon', 'agi_network\n'],
    ['too many lines', 'agi_a: 1\n'.repeat(257)],
    ['too many bytes in lines', `agi_a: ${'x'.repeat(1000)}\n`.repeat(66)],
    ['too many bytes, though it ends', `${`agi_a: ${'x'.repeat(1000)}\n`.repeat(66)}\n`],
    ['a line that never ends', `agi_a: ${'x'.repeat(65_536)}`],
    ['lines and one that never ends', `agi_a: ${'x'.repeat(40_000)}\nagi_b: ${'x'.repeat(30_000)}`]
  ])('is refused with %s', (_, text) => {
    expect(() => readBlock([Buffer.from(text)])).toThrow(ProtocolError)
    expect(() => readBlock(cutAt(Buffer.from(text), [0.1, 0.2, 0.5, 0.9]))).toThrow(ProtocolError)
  })

  it('is read as it was written, in whatever pieces', () => {
    const name = fc.stringMatching(/^agi_[a-z0-9_]{1,12}$/)
    const value = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/[\n\0]/.test(text))
    fc.assert(
      fc.property(
        fc.array(fc.record({ name, value }), { maxLength: 30 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
        (headers, cuts) => {
          const found = readBlock(cutAt(Buffer.concat([encodeHeaderBlock(headers), Buffer.from('200 result')]), cuts))!
          expect(found.headers.entries).toEqual(headers)
          expect(found.rest.toString()).toBe('200 result')
        }
      )
    )
  })

  it('is not written when it would be read as something else', () => {
    expect(() => encodeHeaderBlock([{ name: 'agi_x', value: 'a\nagi_y: b' }])).toThrow('LF')
    expect(() => encodeHeaderBlock([{ name: 'x', value: '' }])).toThrow('"x"')
  })
})
