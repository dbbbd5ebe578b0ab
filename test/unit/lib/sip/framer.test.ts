import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StreamFramer } from '../../../../src/lib/sip/framer.js'
import { everyCut } from '../../support/chunks.js'
import { bytesOf, optionsLines, replyLines, withLines } from '../../support/sip-samples.js'

const first = bytesOf([...optionsLines, 'Content-Length: 5'], 'a\r\n\r\n')
const second = bytesOf([...replyLines, 'l :\r\n 0'])
const bad = bytesOf(withLines([...optionsLines, 'Content-Length: 3'], 'CSeq: 7 BYE'), 'xyz')
const stream = Buffer.concat([Buffer.from('\r\n\r\n'), first, Buffer.from('\r\n'), second, bad, first])

function take(chunks: readonly Buffer[]) {
  const seen: string[] = []
  const framer = new StreamFramer({
    onMessage: (message) => seen.push(message.bytes.toString('latin1')),
    onLineEnd: () => seen.push('line end'),
    onRefused: (error, bytes) => seen.push(`${error.fault} ${bytes.length}`)
  })
  for (const chunk of chunks) framer.push(chunk)
  return { seen, pending: framer.pendingBytes }
}

const text = (bytes: Buffer) => bytes.toString('latin1')
const whole = ['line end', 'line end', text(first), 'line end', text(second), `cseq method ${bad.length}`, text(first)]

describe('a stream of SIP messages', () => {
  it('gives the same messages, however it is cut', () => {
    for (const { how, chunks } of everyCut(stream)) expect(take(chunks), how).toEqual({ seen: whole, pending: 0 })
  })

  it('gives the same messages in random pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 60 }), (sizes) => {
        const chunks: Buffer[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!
          chunks.push(stream.subarray(at, at + size))
          at += size
        }
        expect(take(chunks).seen).toEqual(whole)
      })
    )
  })

  it.each([
    ['without Content-Length', bytesOf(optionsLines)],
    ['with two of them', bytesOf([...optionsLines, 'Content-Length: 0', 'l: 5'])],
    ['with a negative one', bytesOf([...optionsLines, 'Content-Length: -1'])],
    ['with one over the limit', bytesOf([...optionsLines, 'Content-Length: 70000'])],
    ['that never ends its headers', Buffer.from(`OPTIONS ${'x'.repeat(70_000)}`)]
  ])('cannot go on behind a message %s', (_, bytes) => {
    const seen: string[] = []
    const framer = new StreamFramer({ onMessage: (message) => seen.push(message.callId) })
    expect(() => framer.push(bytes)).toThrow()
    framer.push(first)
    expect(seen).toEqual([])
    expect(framer.pendingBytes).toBe(0)
  })

  it('throws what a handler throws', () => {
    const framer = new StreamFramer({
      onMessage: () => {
        throw new Error('ours')
      }
    })
    expect(() => framer.push(first)).toThrow('ours')
  })
})
