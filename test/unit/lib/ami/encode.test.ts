import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockParser } from '../../../../src/lib/ami/block-parser.js'
import { encodeBlock, type Field } from '../../../../src/lib/ami/encode.js'
import { UnsafeHeaderError } from '../../../../src/lib/errors.js'
import { chunksOf } from '../../support/chunks.js'

describe('encodeBlock', () => {
  it('writes a line a header and an empty line', () => {
    const fields: Field[] = [
      ['Action', 'Originate'],
      ['Variable', 'a=1'],
      ['Variable', 'имя=Иван'],
      ['Account', '']
    ]
    expect(encodeBlock(fields).toString()).toBe('Action: Originate\r\nVariable: a=1\r\nVariable: имя=Иван\r\nAccount: \r\n\r\n')
  })

  it.each(['\r', '\n', '\0', '\r\nAction: Evil'])('refuses %j in a value', (evil) => {
    expect(() => encodeBlock([['Channel', `Local/1${evil}`]])).toThrow(UnsafeHeaderError)
    expect(() => encodeBlock([['Channel', evil]])).toThrow(/^The value of Channel holds a line break or NUL/)
  })

  it.each(['', ' ', '\t', 'A:', ':', 'A: b', 'A\r', 'A\n', 'A\0B'])('refuses the header name %j', (name) => {
    expect(() => encodeBlock([[name, 'x']])).toThrow(UnsafeHeaderError)
  })

  it('refuses the whole block for one field', () => {
    expect(() =>
      encodeBlock([
        ['Action', 'Ping'],
        ['ActionID', '1\n']
      ])
    ).toThrow(UnsafeHeaderError)
  })

  it('is what BlockParser reads back, however it is cut', () => {
    const name = fc
      .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
      .filter((text) => text.trim() !== '' && text.trimEnd() === text && !/[:\r\n\0]/.test(text))
    const value = fc.string({ maxLength: 60, unit: 'grapheme' }).filter((text) => !/[\r\n\0]/.test(text))
    const block = fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 200 }), (blocks, size) => {
        const parser = new BlockParser({ from: 'client' })
        const stream = Buffer.concat(blocks.map(encodeBlock))
        const read = chunksOf(stream, size).flatMap((chunk) => parser.push(chunk))
        expect(read.map((one) => one.headers.map((header) => [header.name, header.value]))).toEqual(blocks)
      })
    )
  })

  it('either refuses a field or writes exactly one line for it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, value) => {
        let bytes: Buffer
        try {
          bytes = encodeBlock([[name, value]])
        } catch (error) {
          expect(error).toBeInstanceOf(UnsafeHeaderError)
          return
        }
        expect(bytes.toString('latin1').match(/[\r\n]/g)).toEqual(['\r', '\n', '\r', '\n'])
      })
    )
  })

  it('says which value it refuses, but never a secret', () => {
    expect(() => encodeBlock([['Channel', 'Local/1\nX: y']])).toThrow('"Local/1\\nX: y"')
    for (const [name, value] of [
      ['Secret', 'hunter2\r'],
      ['Variable', 'PIN=hunter2\n']
    ] as const)
      expect(() => encodeBlock([[name, value]])).toThrow(/^The value of \w+ holds a line break(?!.*hunter2)/s)
  })
})
