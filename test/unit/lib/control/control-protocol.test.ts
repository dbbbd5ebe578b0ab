import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorBody, LineReader, parseRequest, parseResponse, tooLong } from '../../../../src/lib/control/control-protocol.js'
import { ProtocolError, UsageError } from '../../../../src/lib/errors.js'
import { everyCut } from '../../support/chunks.js'

const read = (chunks: Buffer[], maxBytes: number) => {
  const reader = new LineReader(maxBytes)
  return chunks.flatMap((chunk) => reader.push(chunk))
}

describe('lines', () => {
  it('are the same however the bytes are cut', () => {
    const bytes = Buffer.from('{"a":"é"}\r\n\n123456789012\nshort\nnever ended')
    for (const { how, chunks } of everyCut(bytes)) expect(read(chunks, 11), how).toEqual(['{"a":"é"}', '', tooLong, 'short'])
  })

  it('may be as long as the limit and no longer', () => {
    expect(read([Buffer.from('1234\n12345\n')], 4)).toEqual(['1234', tooLong])
  })

  it('that are too long are told before they end, once', () => {
    const reader = new LineReader(4)
    expect(reader.push(Buffer.from('12345'))).toEqual([tooLong])
    expect(reader.push(Buffer.alloc(100, 0x31))).toEqual([])
    expect(reader.push(Buffer.from('\nok\n'))).toEqual(['ok'])
  })

  it('come out of any bytes in any pieces', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)))
    fc.assert(
      fc.property(pieces, (chunks) => {
        expect(read(chunks, 8)).toEqual(read([Buffer.concat(chunks)], 8))
      })
    )
  })
})

describe('a request', () => {
  it('has an id, a method and perhaps params', () => {
    expect(parseRequest('{"id":7,"method":"status"}')).toEqual({ id: 7, method: 'status', params: {} })
    expect(parseRequest('{"id":"a","method":"x","params":{"b":1},"more":2}')).toEqual({ id: 'a', method: 'x', params: { b: 1 } })
  })

  it('is refused when it is something else', () => {
    for (const line of ['', 'x', '[]', 'null', '1', '{}', '{"method":1}', '{"id":{},"method":"a"}', '{"method":"a","params":[]}'])
      expect(() => parseRequest(line), line).toThrow(ProtocolError)
  })

  it('never makes the reader fail in another way', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        for (const parse of [parseRequest, parseResponse]) {
          try {
            parse(line)
          } catch (error) {
            expect(error).toBeInstanceOf(ProtocolError)
          }
        }
      })
    )
  })
})

describe('an answer', () => {
  it('is a result or an error', () => {
    expect(parseResponse('{"id":1,"result":null}')).toEqual({ id: 1, result: null })
    expect(parseResponse('{"id":1,"error":{"code":"E_X","message":"m","hint":3}}')).toEqual({
      id: 1,
      error: { code: 'E_X', message: 'm' }
    })
    expect(() => parseResponse('{"id":1}')).toThrow(ProtocolError)
    expect(() => parseResponse('{"id":1,"error":{"code":1}}')).toThrow(ProtocolError)
  })

  it('has the code and the hint of our errors, and no stack of others', () => {
    expect(errorBody(new UsageError('no', { hint: 'do' }))).toEqual({ code: 'E_USAGE', message: 'no', hint: 'do' })
    expect(errorBody(new TypeError('x is not a function'))).toEqual({
      code: 'E_BUG',
      message: 'The service failed: x is not a function'
    })
  })
})
