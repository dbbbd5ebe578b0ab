import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Block, commandOutput, findHeader } from '../../../../src/lib/ami/block.js'
import { blockOf } from '../../support/ami-fixtures.js'
import { latin1 } from '../../support/chunks.js'

const pairs = (block: Block) => block.headers.map(({ name, value }) => [name, value])

describe('Block headers', () => {
  it('come in the order of the wire, repeated ones and empty values included', () => {
    const block = blockOf('Event: Status\nChanVariable: a=1\nAccountCode: \nExten:\nChanVariable: b=2')
    expect(pairs(block)).toEqual([
      ['Event', 'Status'],
      ['ChanVariable', 'a=1'],
      ['AccountCode', ''],
      ['Exten', ''],
      ['ChanVariable', 'b=2']
    ])
    expect(block.getAll('chanvariable')).toEqual(['a=1', 'b=2'])
    expect(block.kind).toBe('Event')
  })

  it('lose only the first blank behind the colon', () => {
    expect(pairs(blockOf('A:1\nB:  2 \nC: \t3\nD:  '))).toEqual([
      ['A', '1'],
      ['B', ' 2 '],
      ['C', '\t3'],
      ['D', ' ']
    ])
  })

  it('keep colons in a value', () => {
    expect(blockOf('EventTV: 2026-11-21T07:46:33').get('EventTV')).toBe('2026-11-21T07:46:33')
  })

  it('keep lines without a header name whole, under no name', () => {
    expect(pairs(blockOf('Event: X\njust text\n: value\n : value'))).toEqual([
      ['Event', 'X'],
      ['', 'just text'],
      ['', ': value'],
      ['', ' : value']
    ])
  })

  it('keep the bytes of a value that is not UTF-8', () => {
    const block = new Block(latin1('CallerIDName: M\xfcller\r\n'))
    expect(block.headers[0]!.bytes).toEqual(latin1('M\xfcller'))
    expect(block.headers[0]!.value).toBe('M\ufffdller')
  })

  it('take a last line that has no line end', () => {
    const block = new Block(latin1('A: 1\r\nB: 2'))
    expect(block.get('B')).toBe('2')
    expect(block.headers).toHaveLength(2)
  })

  it('leave the block as it came', () => {
    const bytes = latin1('A : 1\nno colon\r\nA:  2\r\n')
    const block = new Block(Buffer.from(bytes))
    block.get('A')
    expect(block.headers).toHaveLength(3)
    expect(block.bytes).toEqual(bytes)
  })
})

describe('Block look-up', () => {
  it('does not regard case', () => {
    const block = blockOf('actionID: 7')
    expect([block.get('ActionID'), block.get('ACTIONID'), block.get('actionid')]).toEqual(['7', '7', '7'])
  })

  it('takes blanks before the colon', () => {
    expect(blockOf('Action :Ping\nActionID  : 7').get('ActionID')).toBe('7')
    expect(blockOf('Action :Ping').get('Action')).toBe('Ping')
  })

  it('gives the first of several', () => {
    expect(blockOf('Variable: a\nVariable: b').get('Variable')).toBe('a')
  })

  it('does not take a longer or shorter name for the wanted one', () => {
    expect(blockOf('ActionID: 7').get('Action')).toBeUndefined()
    expect(blockOf('ActionID: 7\nAction: Ping').get('Action')).toBe('Ping')
    expect(blockOf('Action: Ping').get('ActionID')).toBeUndefined()
    expect(blockOf('XAction: Ping').get('Action')).toBeUndefined()
  })

  it('never matches inside a value', () => {
    const block = blockOf('RequestType: Action: Nonsense\nAppData: ActionID: 9\nValue: x\rAction: Evil')
    expect(block.get('Action')).toBeUndefined()
    expect(block.get('ActionID')).toBeUndefined()
    expect(block.get('Nonsense')).toBeUndefined()
  })

  it('does not take a control character for the character that differs from it in the bit of the case', () => {
    expect(new Block(latin1('X\rY: 1\r\n')).get('X-Y')).toBeUndefined()
    expect(new Block(latin1('X\nY: 1\r\n')).get('X*Y')).toBeUndefined()
    expect(new Block(latin1('X{: 1\r\n')).get('X[')).toBeUndefined()
    expect(new Block(latin1('\x58\x11: 1\r\n')).get('X1')).toBeUndefined()
  })

  it('does not search the raw text of a Response: Follows answer', () => {
    const block = blockOf('Response: Follows\nPrivilege: Command\nActionID: 7\nEvent: none\nMessage: follow\n--END COMMAND--')
    expect(block.get('Event')).toBeUndefined()
    expect(block.get('Message')).toBeUndefined()
    expect(block.get('ActionID')).toBe('7')
    expect(block.headers).toHaveLength(3)
  })

  it('reads nothing outside the range that it is given', () => {
    const bytes = latin1('A: 1\nAB: 2\nC: 3\n')
    expect(findHeader(bytes, 'AB', 0, 6)).toBeUndefined()
    expect(findHeader(bytes, 'AB', 0, 7)).toBeUndefined()
    expect(findHeader(bytes, 'AB', 0, 8)).toEqual({ lineStart: 5, valueStart: 8, valueEnd: 8, nextLine: 8 })
    expect(findHeader(bytes, 'C', 0, 11)).toBeUndefined()
    expect(findHeader(bytes, 'A', 5)).toBeUndefined()
    expect(findHeader(bytes, 'C', 11)).toEqual({ lineStart: 11, valueStart: 14, valueEnd: 15, nextLine: 16 })
  })

  it('finds the same before and after all headers were read', () => {
    const piece = fc.constantFrom('Action', 'ActionID', 'action', 'X-Y', ':', ' ', '\r', '\n', '\r\n', 'a', '*', '-', '1', ': ')
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.constantFrom('Action', 'ACTIONID', 'x-y', 'a', 'Action*', '-', '1'),
        (pieces, name) => {
          const bytes = latin1(pieces.join(''))
          const read = new Block(bytes)
          expect(read.headers.length).toBeGreaterThanOrEqual(0)
          expect(new Block(bytes).get(name)).toBe(read.get(name))
        }
      ),
      { numRuns: 2000 }
    )
  })
})

describe('commandOutput', () => {
  it('joins Output lines with their indentation and empty lines', () => {
    const block = blockOf(
      'Response: Success\nMessage: Command output follows\nOutput: Channel\nOutput:   indented\nOutput: \nOutput:\nOutput: a: b'
    )
    expect(commandOutput(block)?.toString()).toBe('Channel\n  indented\n\n\na: b\n')
  })

  it('keeps bytes that are not UTF-8', () => {
    expect(commandOutput(new Block(latin1('Response: Success\r\nOutput: \xe9\xff\r\n')))).toEqual(latin1('\xe9\xff\n'))
  })

  it('gives raw text byte for byte', () => {
    const block = new Block(latin1('Response: Follows\r\nPrivilege: Command\r\n  a\xff\r\n\n\tb: c\n--END COMMAND--\r\n'))
    expect(commandOutput(block)).toEqual(latin1('  a\xff\r\n\n\tb: c\n'))
  })

  it('is undefined for what is no answer to a Command', () => {
    expect(commandOutput(blockOf('Response: Success\nPing: Pong'))).toBeUndefined()
  })
})
