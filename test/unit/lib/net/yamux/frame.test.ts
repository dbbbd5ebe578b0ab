import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../../../../src/lib/errors.js'
import { encodeHeader, FrameDecoder, FrameType } from '../../../../../src/lib/net/yamux/frame.js'
import { everyCut } from '../../../support/chunks.js'

interface Seen {
  type: number
  flags: number
  streamId: number
  length: number
  payload: string
  isComplete: boolean
}

function decode(chunks: Buffer[], maxPayloadBytes = 1000): Seen[] {
  const seen: Seen[] = []
  const decoder = new FrameDecoder(maxPayloadBytes)
  const sink = {
    frame: (type: number, flags: number, streamId: number, length: number) =>
      void seen.push({ type, flags, streamId, length, payload: '', isComplete: type !== FrameType.data || length === 0 }),
    payload: (bytes: Buffer, isLast: boolean) => {
      const last = seen.at(-1)!
      expect(last.isComplete).toBe(false)
      last.payload += bytes.toString('latin1')
      last.isComplete = isLast
    }
  }
  for (const chunk of chunks) decoder.push(chunk, sink)
  return seen
}

describe('FrameDecoder', () => {
  it('reads the bytes of the specification', () => {
    const bytes = Buffer.from(
      '000100010000000100000000' + '000000000000000100000005' + '68656c6c6f' + '0002000100000000deadbeef',
      'hex'
    )
    for (const { how, chunks } of everyCut(bytes)) {
      expect(decode(chunks), how).toEqual([
        { type: 1, flags: 1, streamId: 1, length: 0, payload: '', isComplete: true },
        { type: 0, flags: 0, streamId: 1, length: 5, payload: 'hello', isComplete: true },
        { type: 2, flags: 1, streamId: 0, length: 0xdeadbeef, payload: '', isComplete: true }
      ])
    }
  })

  it('reads what was written, however it is cut', () => {
    const frame = fc.record({
      type: fc.constantFrom(0, 1, 2, 3),
      flags: fc.nat(0xffff),
      streamId: fc.nat(0xffffffff),
      payload: fc.uint8Array({ maxLength: 40 })
    })
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        (frames, sizes) => {
          const bytes = Buffer.concat(
            frames.flatMap(({ type, flags, streamId, payload }) => [
              encodeHeader(type as FrameType, flags, streamId, payload.length),
              ...(type === FrameType.data ? [payload] : [])
            ])
          )
          const chunks: Buffer[] = []
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const end = at + sizes[i % sizes.length]!
            chunks.push(bytes.subarray(at, end))
            at = end
          }
          expect(decode(chunks)).toEqual(
            frames.map(({ type, flags, streamId, payload }) => ({
              type,
              flags,
              streamId,
              length: payload.length,
              payload: type === FrameType.data ? Buffer.from(payload).toString('latin1') : '',
              isComplete: true
            }))
          )
        }
      )
    )
  })

  it('refuses other versions, other types, and frames longer than any window', () => {
    const refusal = (hex: string) => () => decode([Buffer.from(hex, 'hex')])
    expect(refusal('010000000000000000000000')).toThrow(ProtocolError)
    expect(refusal('000400000000000000000000')).toThrow(ProtocolError)
    expect(refusal('0000000000000001000003e9')).toThrow(/1001 bytes/)
    expect(refusal('0000000000000001000003e8')).not.toThrow()
  })

  it('throws nothing but a ProtocolError, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
        try {
          decode(chunks.map((chunk) => Buffer.from(chunk)))
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
        }
      })
    )
  })
})
