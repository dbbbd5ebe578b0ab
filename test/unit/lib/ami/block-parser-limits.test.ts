import { describe, expect, it, vi } from 'vitest'
import { BlockParser, defaultLimits, type ParserOptions } from '../../../../src/lib/ami/block-parser.js'
import { ProtocolError } from '../../../../src/lib/errors.js'
import { chunksOf, everyCut, latin1 } from '../../support/chunks.js'

function pushAll(chunks: readonly Buffer[], options: ParserOptions): string[] {
  const parser = new BlockParser(options)
  return chunks.flatMap((chunk) => parser.push(chunk)).map((block) => block.bytes.toString('latin1'))
}

const small = { from: 'client', maxHeaderBytes: 16, maxBlockBytes: 40 } as const

describe('BlockParser limits', () => {
  it('are 64 KiB for a header and 1 MiB for a block', () => {
    expect(defaultLimits).toEqual({ maxHeaderBytes: 65_536, maxBlockBytes: 1_048_576 })
  })

  it('let a header and a block of exactly the limit pass, however they are cut', () => {
    const header = `${'h'.repeat(14)}\r\n`
    const block = `${'a'.repeat(14)}\r\n${'b'.repeat(14)}\r\n${'c'.repeat(6)}\r\n`
    for (const line of [header, block]) {
      for (const { how, chunks } of everyCut(latin1(`${line}\r\n`))) expect(pushAll(chunks, small), how).toEqual([line])
    }
  })

  it('refuse a header one byte longer, whether its line is whole or not', () => {
    for (const { how, chunks } of everyCut(latin1(`${'h'.repeat(15)}\r\n\r\n`)))
      expect(() => pushAll(chunks, small), how).toThrow(ProtocolError)
    expect(() => pushAll([latin1('h'.repeat(17))], small)).toThrow(ProtocolError)
    expect(() => pushAll([latin1(`A: 1\r\n\r\nB: 2\r\n${'h'.repeat(17)}`)], small)).toThrow(/header is longer than 16/)
  })

  it('refuse a block one byte longer, whether it is whole or not', () => {
    const block = `${'a'.repeat(14)}\r\n${'b'.repeat(14)}\r\n${'c'.repeat(7)}\r\n`
    for (const { how, chunks } of everyCut(latin1(`${block}\r\n`)))
      expect(() => pushAll(chunks, small), how).toThrow(/block is longer than 40/)
    expect(() => pushAll([latin1(block)], small)).toThrow(ProtocolError)
  })

  it('refuse a long header in the middle of a block', () => {
    expect(() => pushAll([latin1(`A: 1\r\n${'h'.repeat(20)}\r\nB: 2\r\n\r\n`)], small)).toThrow(ProtocolError)
  })

  it('hold for the banner, whole or not', () => {
    const server = { ...small, from: 'server' } as const
    expect(() => pushAll([latin1('b'.repeat(17))], server)).toThrow(ProtocolError)
    expect(() => pushAll([latin1(`${'b'.repeat(17)}\r\n`)], server)).toThrow(ProtocolError)
    for (const { how, chunks } of everyCut(latin1(`${'b'.repeat(14)}\r\nA: 1\n\n`)))
      expect(pushAll(chunks, server), how).toEqual(['A: 1\n'])
  })

  it('hold for the text of a Response: Follows that never ends', () => {
    const follows = latin1(`B\nResponse: Follows\n${'text\n\n'.repeat(10)}`)
    const options = { from: 'server', maxHeaderBytes: 30, maxBlockBytes: 60 } as const
    expect(() => pushAll([follows], options)).toThrow(ProtocolError)
    expect(() => pushAll(chunksOf(follows, 1), options)).toThrow(ProtocolError)
  })

  it('do not count empty lines, which a peer may send for ever', () => {
    const parser = new BlockParser(small)
    for (let i = 0; i < 100; i++) expect(parser.push(latin1('\r\n\n\r\n'))).toEqual([])
    expect(parser.pendingBytes).toBe(0)
  })

  it('carry the limit in the details of the error', () => {
    expect(() => pushAll([latin1('h'.repeat(17))], small)).toThrow(expect.objectContaining({ details: { limit: 16 } }))
  })
})

describe('BlockParser work', () => {
  it('does not copy what it has for every byte that comes', { timeout: 30_000 }, () => {
    const lines = `${'x'.repeat(998)}\r\n`.repeat(1000)
    const stream = latin1(`${lines}\r\n`)
    let copied = 0
    const copy = Buffer.prototype.copy
    const spy = vi.spyOn(Buffer.prototype, 'copy').mockImplementation(function (this: Buffer, ...args) {
      const bytes = copy.apply(this, args)
      copied += bytes
      return bytes
    })
    try {
      const parser = new BlockParser({ from: 'client' })
      let blocks = 0
      for (let i = 0; i < stream.length; i++) blocks += parser.push(stream.subarray(i, i + 1)).length
      expect(blocks).toBe(1)
    } finally {
      spy.mockRestore()
    }
    // Each byte once on its way in, and at most twice more while the store doubles.
    expect(copied).toBeLessThan(4 * stream.length)
  })

  it('does not search a long line anew for every byte that comes', { timeout: 30_000 }, () => {
    const stream = latin1(`${'x'.repeat(60_000)}\r\n\r\n`)
    let searched = 0
    const spies = (['indexOf', 'lastIndexOf'] as const).map((name) => {
      const original = Buffer.prototype[name] as (...args: unknown[]) => number
      return vi.spyOn(Buffer.prototype, name).mockImplementation(function (this: Buffer, ...args: unknown[]) {
        searched += this.length - (name === 'indexOf' && typeof args[1] === 'number' ? args[1] : 0)
        return original.apply(this, args)
      } as never)
    })
    try {
      const parser = new BlockParser({ from: 'client' })
      let blocks = 0
      for (let i = 0; i < stream.length; i++) blocks += parser.push(stream.subarray(i, i + 1)).length
      expect(blocks).toBe(1)
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
    expect(searched).toBeLessThan(20 * stream.length)
  })
})
