import { describe, expect, it } from 'vitest'
import type { Block } from '../../../../src/lib/ami/block.js'
import { BlockParser, type ParserOptions } from '../../../../src/lib/ami/block-parser.js'
import { chunksOf, everyCut, latin1 } from '../../support/chunks.js'

function parse(
  chunks: readonly Buffer[],
  options: ParserOptions = { from: 'client' }
): { blocks: string[]; parser: BlockParser } {
  const parser = new BlockParser(options)
  const blocks = chunks.flatMap((chunk) => parser.push(chunk)).map(text)
  return { blocks, parser }
}

const text = (block: Block) => block.bytes.toString('latin1')

/** Asserts the blocks of a stream, however its bytes arrive. */
function expectBlocks(stream: string | Buffer, expected: readonly string[], options?: ParserOptions): void {
  const bytes = typeof stream === 'string' ? latin1(stream) : stream
  for (const { how, chunks } of everyCut(bytes)) expect(parse(chunks, options).blocks, how).toEqual(expected)
}

describe('BlockParser: where a block ends', () => {
  it('cuts at CRLF empty lines', () => {
    expectBlocks('Action: Ping\r\nActionID: 1\r\n\r\nAction: Logoff\r\n\r\n', [
      'Action: Ping\r\nActionID: 1\r\n',
      'Action: Logoff\r\n'
    ])
  })

  it('cuts at bare LF empty lines', () => {
    expectBlocks('Action: Ping\n\nAction: Logoff\n\n', ['Action: Ping\n', 'Action: Logoff\n'])
  })

  it('takes line ends mixed within a block', () => {
    expectBlocks('A: 1\r\nB: 2\n\r\nC: 3\nD: 4\r\n\n', ['A: 1\r\nB: 2\n', 'C: 3\nD: 4\r\n'])
  })

  it('takes the CR LF LF that some lists of Asterisk 18 to 20 end in, without joining the next event to it', () => {
    expectBlocks('Event: CoreShowChannelMapComplete\r\nListItems: 1\r\n\nEvent: Hangup\r\n\r\n', [
      'Event: CoreShowChannelMapComplete\r\nListItems: 1\r\n',
      'Event: Hangup\r\n'
    ])
  })

  it('skips empty blocks before, between and after', () => {
    expectBlocks('\r\n\n\r\n\r\nA: 1\r\n\r\n\r\n\n\n\r\nB: 2\n\n\n\r\n', ['A: 1\r\n', 'B: 2\n'])
  })

  it('does not take a line of blanks for an empty line', () => {
    expectBlocks('A: 1\r\n \r\nB: 2\r\n\r\n', ['A: 1\r\n \r\nB: 2\r\n'])
  })

  it('does not take a CR that no LF follows for a line end', () => {
    expectBlocks('A: 1\r\r\n\rB: 2\r\n\r\n', ['A: 1\r\r\n\rB: 2\r\n'])
  })

  it('keeps a block that has not ended and says how long it is', () => {
    const { blocks, parser } = parse([latin1('A: 1\r\n\r\nB: 2\r\n')])
    expect(blocks).toEqual(['A: 1\r\n'])
    expect(parser.pendingBytes).toBe(6)
  })

  it('gives out nothing for an empty chunk', () => {
    expect(parse([Buffer.alloc(0), latin1('A: 1\n'), Buffer.alloc(0), latin1('\n'), Buffer.alloc(0)]).blocks).toEqual(['A: 1\n'])
  })
})

describe('BlockParser: bytes', () => {
  it('leaves UTF-8 whole when a character is cut', () => {
    const stream = Buffer.from('Event: Newchannel\r\nCallerIDName: Иван 😀\r\n\r\n')
    for (const { how, chunks } of everyCut(stream)) {
      const parser = new BlockParser({ from: 'client' })
      const [block] = chunks.flatMap((chunk) => parser.push(chunk))
      expect(block?.get('CallerIDName'), how).toBe('Иван 😀')
    }
  })

  it('passes every byte value through unchanged', () => {
    const value = Buffer.from([...Array(256).keys()].filter((byte) => byte !== 0x0a))
    const stream = Buffer.concat([latin1('X: '), value, latin1('\r\n\r\n')])
    expectBlocks(stream, [stream.subarray(0, -2).toString('latin1')])
  })

  it('does not change blocks that were given out when more bytes are pushed', () => {
    const stream = latin1(Array.from({ length: 200 }, (_, i) => `Event: E${i}\r\nValue: ${'v'.repeat(i)}\r\n\r\n`).join(''))
    for (const size of [1, 3, 50, 1000]) {
      const parser = new BlockParser({ from: 'client' })
      const given: { block: Block; text: string }[] = []
      for (const chunk of chunksOf(stream, size)) {
        for (const block of parser.push(Buffer.from(chunk))) given.push({ block, text: text(block) })
      }
      expect(given).toHaveLength(200)
      expect(given.map(({ block }) => text(block))).toEqual(given.map((one) => one.text))
    }
  })
})

describe('BlockParser: the banner', () => {
  const server: ParserOptions = { from: 'server' }

  it('takes the first line of a server for the banner, however it is cut', () => {
    const stream = latin1('Asterisk Call Manager/11.0.0\r\nResponse: Success\r\n\r\n')
    for (const { how, chunks } of everyCut(stream)) {
      const { blocks, parser } = parse(chunks, server)
      expect(parser.banner, how).toBe('Asterisk Call Manager/11.0.0')
      expect(blocks, how).toEqual(['Response: Success\r\n'])
    }
  })

  it('takes a banner that ends in a bare LF, as some proxies send it', () => {
    expect(parse([latin1('My Proxy 1.0\n')], server).parser.banner).toBe('My Proxy 1.0')
  })

  it('has no banner before its line is whole', () => {
    expect(parse([latin1('Asterisk Call Manager/11.0.0\r')], server).parser.banner).toBeUndefined()
  })

  it('takes no banner from a client', () => {
    const { blocks, parser } = parse([latin1('Action: Ping\r\n\r\n')])
    expect(parser.banner).toBeUndefined()
    expect(blocks).toEqual(['Action: Ping\r\n'])
  })
})
