import { describe, expect, it } from 'vitest'
import { type Block, commandOutput } from '../../../../src/lib/ami/block.js'
import { BlockParser } from '../../../../src/lib/ami/block-parser.js'
import { blockToJson } from '../../../../src/lib/ami/json.js'
import { eventSamples, recordedSession } from '../../support/ami-fixtures.js'
import { chunksOf, everyCut, latin1 } from '../../support/chunks.js'

function replay(chunks: readonly Buffer[]): { blocks: Block[]; parser: BlockParser } {
  const parser = new BlockParser({ from: 'server' })
  return { blocks: chunks.flatMap((chunk) => parser.push(chunk)), parser }
}

const texts = (blocks: readonly Block[]) => blocks.map((block) => block.bytes.toString('latin1'))

describe('a recorded session of Asterisk 22', () => {
  const session = recordedSession()
  // The reference does not use the parser: banner, then blocks that all end in CR LF CR LF.
  const [banner, ...lines] = session.toString('latin1').split('\r\n')
  const expected = lines
    .join('\r\n')
    .split('\r\n\r\n')
    .slice(0, -1)
    .map((block) => `${block}\r\n`)

  it('gives the same blocks whatever the size of the chunks', () => {
    expect(expected.length).toBeGreaterThan(50)
    for (const size of [1, 2, 3, 7, 64, 1000, 4096, session.length]) {
      const { blocks, parser } = replay(chunksOf(session, size))
      expect(parser.banner, `chunks of ${size}`).toBe(banner)
      expect(texts(blocks), `chunks of ${size}`).toEqual(expected)
      expect(parser.pendingBytes).toBe(0)
    }
  })

  it('gives the same blocks when it is cut in two at any place', () => {
    const head = session.subarray(0, 2500)
    const whole = texts(replay([head]).blocks)
    for (const { how, chunks } of everyCut(head)) expect(texts(replay(chunks).blocks), how).toEqual(whole)
  })

  it('loses no header in JSON', () => {
    for (const block of replay([session]).blocks) {
      const values = Object.values(blockToJson(block)).flat()
      expect(values).toHaveLength(block.headers.length)
      expect([...values].sort()).toEqual(block.headers.map(({ value }) => value).sort())
    }
  })

  it('gives the output of a command as the console shows it', () => {
    const answer = replay([session]).blocks.find((block) => block.get('ActionID') === 'c1')!
    const output = commandOutput(answer)!.toString().split('\n')
    expect(output[0]).toMatch(/^Channel {58}Location {25}State {3}Application\(Data\) +$/)
    expect(output.slice(1)).toEqual(['0 active channels', '0 active calls', '0 calls processed', ''])
  })
})

describe('recorded events', () => {
  it.each(Object.entries(eventSamples()))('%s is read whole, byte by byte and cut anywhere', (name, samples) => {
    for (const sample of samples) {
      for (const { how, chunks } of everyCut(latin1(`Asterisk Call Manager/11.0.0\r\n${sample}\r\n\r\n`))) {
        const { blocks } = replay(chunks)
        expect(texts(blocks), how).toEqual([`${sample}\r\n`])
        expect(blocks[0]!.get('Event'), how).toBe(name)
      }
    }
  })
})
