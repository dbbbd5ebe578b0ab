import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { BlockParser } from '../../../../src/lib/ami/block-parser.js'
import { blocksOfRun, type Lookout, StreamSplitter } from '../../../../src/lib/ami/stream-splitter.js'
import { recordedSession } from '../../support/ami-fixtures.js'
import { chunksOf, everyCut, latin1 } from '../../support/chunks.js'

const quiet: Lookout = { idPrefix: undefined, responses: false, everything: false }
const awaiting: Lookout = { idPrefix: 'ours-', responses: true, everything: false }
const everything: Lookout = { ...awaiting, everything: true }

interface Split {
  /** Every block in the order of the stream, without its empty line; those that were handed out alone begin with `=`. */
  blocks: string[]
  oversized: string[]
}

const withoutEmptyLine = (block: Buffer) => block.toString('latin1').replace(/(?<=\n)(\r?\n)+$/, '')

function split(chunks: readonly Buffer[], lookout: Lookout, maxBlockBytes?: number): Split {
  const result: Split = { blocks: [], oversized: [] }
  const splitter = new StreamSplitter(
    {
      onRun: (run) => result.blocks.push(...[...blocksOfRun(run)].map(withoutEmptyLine)),
      onBlock: (block) => result.blocks.push(`=${block.toString('latin1')}`),
      onOversized: (head) => result.oversized.push(head.toString('latin1'))
    },
    { maxBlockBytes }
  )
  for (const chunk of chunks) splitter.push(chunk, lookout)
  return result
}

function expectBlocks(stream: string, lookout: Lookout, expected: string[]): void {
  for (const { how, chunks } of everyCut(latin1(stream))) expect(split(chunks, lookout).blocks, how).toEqual(expected)
}

describe('StreamSplitter: runs and marks', () => {
  it('passes events on in one piece when nothing is looked out for', () => {
    const runs: string[] = []
    const handlers = { onRun: (run: Buffer) => void runs.push(run.toString('latin1')), onBlock: () => {}, onOversized: () => {} }
    const stream = 'Event: A\r\nActionID: ours-1\r\n\r\nResponse: Success\r\n\r\nEvent: B\r\n\r\n'
    new StreamSplitter(handlers).push(latin1(`${stream}Event: C\r\n`), quiet)
    expect(runs).toEqual([stream])
  })

  it('hands out alone what carries an ActionID of ours or is a response, however the bytes come', () => {
    expectBlocks(
      'Event: A\r\n\r\nEvent: B\r\n\r\nResponse: Success\r\nActionID: ours-1\r\n\r\nEvent: C\r\n\r\nEvent: D\r\nActionID: ours-1\r\n\r\nEvent: E\r\n\r\n',
      awaiting,
      [
        'Event: A\r\n',
        'Event: B\r\n',
        '=Response: Success\r\nActionID: ours-1\r\n',
        'Event: C\r\n',
        '=Event: D\r\nActionID: ours-1\r\n',
        'Event: E\r\n'
      ]
    )
  })

  it('finds a mark in any line of a block, and leaves ActionIDs of others alone', () => {
    expectBlocks('Event: A\r\nX: 1\r\nActionID: ours-9\r\nY: 2\r\n\r\nEvent: B\r\nActionID: theirs-9\r\n\r\n', awaiting, [
      '=Event: A\r\nX: 1\r\nActionID: ours-9\r\nY: 2\r\n',
      'Event: B\r\nActionID: theirs-9\r\n'
    ])
  })

  it('looks at every block when an answer without a known first line is awaited', () => {
    expectBlocks('IAX2/peer-1 12 0\r\n\r\nEvent: A\r\n\r\n', everything, ['=IAX2/peer-1 12 0\r\n', '=Event: A\r\n'])
  })

  it('takes CR LF LF and bare LF for the end of a block', () => {
    expectBlocks('Event: A\r\nResponse: 1\r\n\nEvent: B\n\nEvent: C\nActionID: ours-2\n\nEvent: D\r\n\n', awaiting, [
      '=Event: A\r\nResponse: 1\r\n',
      'Event: B\n',
      '=Event: C\nActionID: ours-2\n',
      'Event: D\r\n'
    ])
  })

  it('skips empty lines wherever they stand', () => {
    expectBlocks('\r\n\nEvent: A\r\n\r\n\r\n\n\r\nResponse: Success\r\n\r\n\n\nEvent: B\n\n\r\n', awaiting, [
      'Event: A\r\n',
      '=Response: Success\r\n',
      'Event: B\n'
    ])
  })

  it('keeps the empty lines within a Response: Follows text', () => {
    const follows =
      'Response: Follows\r\nPrivilege: Command\r\nActionID: ours-3\r\none\n\n\r\ntwo\nEvent: no\n\n--END COMMAND--\r\n'
    expectBlocks(`Event: A\r\n\r\n${follows}\r\nEvent: B\r\n\r\n`, awaiting, ['Event: A\r\n', `=${follows}`, 'Event: B\r\n'])
  })

  it('gives the same blocks as BlockParser for a recorded session, in every lookout and chunk size', () => {
    const session = recordedSession()
    const parser = new BlockParser({ from: 'server' })
    const expected = parser.push(session).map((block) => block.bytes.toString('latin1'))
    const stream = session.subarray(session.indexOf('\n') + 1)
    expect(expected.length).toBeGreaterThan(50)
    for (const lookout of [quiet, awaiting, everything]) {
      for (const size of [1, 2, 7, 61, 1000, stream.length]) {
        const { blocks } = split(chunksOf(stream, size), lookout)
        expect(blocks.map((block) => block.replace(/^=/, ''))).toEqual(expected)
      }
    }
  })

  it('gives the same blocks as BlockParser for any lines, cut anywhere', () => {
    const end = fc.constantFrom('\r\n', '\n')
    const name = fc.constantFrom('Event', 'Response', 'ActionID', 'X')
    const line = fc
      .tuple(name, fc.constantFrom('A', 'Success', 'ours-1', 'Response: x', '\r', ''), end)
      .map(([n, v, e]) => `${n}: ${v}${e}`)
    const block = fc.tuple(fc.array(line, { minLength: 1, maxLength: 4 }), end).map(([lines, last]) => lines.join('') + last)
    const chunks = fc.tuple(fc.array(block, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }))
    fc.assert(
      fc.property(chunks, fc.constantFrom(awaiting, quiet, everything), ([blocks, size], lookout) => {
        const stream = latin1(blocks.join(''))
        const parser = new BlockParser({ from: 'server' })
        const expected = parser.push(Buffer.concat([latin1('Banner\r\n'), stream])).map(({ bytes }) => bytes.toString('latin1'))
        expect(split(chunksOf(stream, size), lookout).blocks.map((one) => one.replace(/^=/, ''))).toEqual(expected)
      }),
      { numRuns: 500 }
    )
  })
})

describe('StreamSplitter: blocks over the limit', () => {
  it('are skipped whole, reported once by their head, and the stream goes on', () => {
    const long = `Response: Success\r\nActionID: ours-1\r\n${'Line: some text\r\n'.repeat(20)}`
    const stream = latin1(`Event: A\r\n\r\n${long}\r\nEvent: B\r\n\r\nResponse: Success\r\n\r\n`)
    for (const size of [1, 3, 64, 100]) {
      const { blocks, oversized } = split(chunksOf(stream, size), awaiting, 100)
      expect(blocks, `chunks of ${size}`).toEqual(['Event: A\r\n', 'Event: B\r\n', '=Response: Success\r\n'])
      expect(oversized).toHaveLength(1)
      expect(oversized[0]).toMatch(/^Response: Success\r\nActionID: ours-1\r\n/)
    }
  })

  it('end at the end mark, not at an empty line, when they are Response: Follows', () => {
    const long = `Response: Follows\r\nPrivilege: Command\r\n${'text\n\n'.repeat(40)}--END COMMAND--\r\n`
    const stream = latin1(`${long}\r\nEvent: B\r\n\r\n`)
    for (const size of [1, 5, 90]) {
      const { blocks, oversized } = split(chunksOf(stream, size), awaiting, 100)
      expect(blocks, `chunks of ${size}`).toEqual(['Event: B\r\n'])
      expect(oversized).toHaveLength(1)
    }
  })

  it('find their end wherever it is cut', () => {
    const head = latin1(`Event: Long\r\n${'x'.repeat(120)}`)
    const tail = latin1('\r\n\r\nEvent: B\r\n\r\n')
    for (const { how, chunks } of everyCut(tail)) {
      expect(split([head, ...chunks], quiet, 100), how).toEqual({
        blocks: ['Event: B\r\n'],
        oversized: [head.toString('latin1')]
      })
    }
  })

  it('cost no memory however long they are: only their last bytes are kept', () => {
    const concat = vi.spyOn(Buffer, 'concat')
    try {
      const heads: number[] = []
      const handlers = { onRun: () => {}, onBlock: () => {}, onOversized: (head: Buffer) => void heads.push(head.length) }
      const splitter = new StreamSplitter(handlers, { maxBlockBytes: 100_000 })
      const chunk = Buffer.alloc(10_000, 'x')
      for (let i = 0; i < 200; i++) splitter.push(chunk, awaiting)
      expect(heads).toEqual([64 * 1024])
      const joined = concat.mock.results.map(({ value }) => (value as Buffer).length)
      expect(Math.max(...joined.slice(-180))).toBeLessThan(chunk.length + 100)
    } finally {
      concat.mockRestore()
    }
  })
})
