import { describe, expect, it } from 'vitest'
import { commandOutput } from '../../../../src/lib/ami/block.js'
import { BlockParser } from '../../../../src/lib/ami/block-parser.js'
import { everyCut, latin1 } from '../../support/chunks.js'

const head = 'Response: Follows\r\nPrivilege: Command\r\nActionID: 7\r\n'

/** Pushes a server's stream, in every way that it may be cut, and asserts the blocks and the first one's text. */
function expectOutput(stream: string, output: string, blockCount: number): void {
  for (const { how, chunks } of everyCut(latin1(`Asterisk Call Manager/1.3\r\n${stream}`))) {
    const parser = new BlockParser({ from: 'server' })
    const blocks = chunks.flatMap((chunk) => parser.push(chunk))
    expect(blocks, how).toHaveLength(blockCount)
    expect(commandOutput(blocks[0]!)?.toString('latin1'), how).toBe(output)
  }
}

describe('Command answers of Asterisk 13 and older', () => {
  it('keeps empty lines within the text', () => {
    expectOutput(`${head}one\n\n\n  two\n--END COMMAND--\r\n\r\nEvent: Hangup\r\nCause: 16\r\n\r\n`, 'one\n\n\n  two\n', 2)
  })

  it('keeps a text that begins with an empty line', () => {
    expectOutput(`${head}\nfirst\n--END COMMAND--\r\n\r\n`, '\nfirst\n', 1)
  })

  it('takes an answer without any text', () => {
    expectOutput(`${head}--END COMMAND--\r\n\r\n`, '', 1)
  })

  it('takes the end mark right behind a text that has no line end', () => {
    expectOutput(`${head}no line end--END COMMAND--\r\n\r\n`, 'no line end', 1)
  })

  it('does not end at an end mark in the middle of the text', () => {
    expectOutput(
      `${head}say --END COMMAND-- to end\n--END COMMAND--\nmore\n\nlast\n--END COMMAND--\r\n\r\n`,
      'say --END COMMAND-- to end\n--END COMMAND--\nmore\n\nlast\n',
      1
    )
  })

  it('waits for the end mark although an empty line has come', () => {
    const parser = new BlockParser({ from: 'server' })
    expect(parser.push(latin1(`Asterisk Call Manager/1.3\r\n${head}one\n\ntwo\n\r\n`))).toEqual([])
    expect(parser.push(latin1('--END COMMAND--\r\n\r\n'))).toHaveLength(1)
  })

  it('takes the blocks that come behind one by one', () => {
    expectOutput(`${head}x\n--END COMMAND--\n\nA: 1\n\n${head}y\n\n--END COMMAND--\r\n\r\nB: 2\r\n\r\n`, 'x\n', 4)
  })

  it('ends a client block that calls itself Response: Follows at its empty line, and sees all its headers', () => {
    for (const { how, chunks } of everyCut(latin1('Response: Follows\r\nAction: Originate\r\n\r\nAction: Ping\r\n\r\n'))) {
      const parser = new BlockParser({ from: 'client' })
      const blocks = chunks.flatMap((chunk) => parser.push(chunk))
      expect(blocks, how).toHaveLength(2)
      expect(blocks[0]!.headers.map(({ name }) => name)).toEqual(['Response', 'Action'])
      expect(blocks[0]!.get('Action')).toBe('Originate')
      expect(commandOutput(blocks[0]!)).toBeUndefined()
    }
  })

  it('does not take a longer value for Response: Follows', () => {
    const parser = new BlockParser({ from: 'server' })
    const blocks = parser.push(latin1('Asterisk Call Manager/1.3\r\nResponse: Followsx\r\nA: 1\r\n\r\n'))
    expect(blocks.map((block) => block.get('A'))).toEqual(['1'])
  })
})
