import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agiCommands, findAgiCommand } from '../../../../src/lib/agi/catalogue.js'
import { encodeCommand, isFailureLine, readCommand } from '../../../../src/lib/agi/command.js'
import { AgiCommandError } from '../../../../src/lib/agi/errors.js'
import { quoteWord, splitWords } from '../../../../src/lib/agi/words.js'
import { agiSessions, saidBy } from '../../support/agi-recordings.js'
import { latin1 } from '../../support/chunks.js'

describe('words', () => {
  // What Asterisk 22.10.1 stored for SET VARIABLE P ..., read back with GET VARIABLE P.
  it.each([
    ['a"b c"d', 'ab cd'],
    ['"a"b', 'ab'],
    ['""', ''],
    ['a\\ b', 'a b'],
    ['"a\\"b"', 'a"b'],
    ['"a\\\\b"', 'a\\b'],
    ['"a\\nb"', 'anb'],
    ['a\\', 'a'],
    ['"unclosed here', 'unclosed here'],
    ['"a\tb"', 'a\tb'],
    ['\\"x', '"x'],
    ['x""y', 'xy'],
    ['"a""b"', 'ab'],
    ['" a"', ' a']
  ])('%j is one word, as for Asterisk', (text, word) => {
    expect(splitWords(`SET VARIABLE P ${text}`)).toEqual(['SET', 'VARIABLE', 'P', word])
  })

  // Those that it answered with 520: not one word.
  it.each([['a\tb'], ['"a"\t"b"'], ["'a b'"], ['\\  z'], ['a"" b']])('%j are two words', (text) => {
    expect(splitWords(text)).toHaveLength(2)
  })

  it.each([
    ['', 0],
    ['   ', 0],
    ['\t\\', 0],
    [' a  b ', 2],
    ['"" a', 2]
  ])('%j are %i words', (text, count) => {
    expect(splitWords(text)).toHaveLength(count)
  })

  it('are read as they were quoted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '\t', '"', '\\', "'", 'é', '(', '\0') }), { maxLength: 8 }),
        (words) => {
          expect(splitWords(words.map(quoteWord).join(' '))).toEqual(words)
        }
      )
    )
  })
})

describe('the catalogue', () => {
  it('has what Asterisk 22 knows, and none that is the beginning of another', () => {
    expect(agiCommands.size).toBe(47)
    for (const { keywords, name } of agiCommands.values()) expect(findAgiCommand([...keywords, 'x'])?.name).toBe(name)
  })

  it.each([
    [['get', 'Variable', 'X'], 'GET VARIABLE'],
    [['GET', 'FULL', 'VARIABLE'], 'GET FULL VARIABLE'],
    [['noop'], 'NOOP'],
    [['GET VARIABLE', 'X'], undefined],
    [['SET'], undefined],
    [['', 'NOOP'], undefined],
    [['constructor'], undefined],
    [[], undefined]
  ])('finds in %j: %s', (words, name) => {
    expect(findAgiCommand(words)?.name).toBe(name)
  })

  it('tells what Asterisk answered with 510 in the recordings from what it knew', () => {
    const unknown = new Set<string>()
    for (const recording of agiSessions) {
      if (recording.name === '16-oversized-command') continue
      for (const line of saidBy('<S', recording).toString('latin1').split('\n').slice(0, -1)) {
        if (!readCommand(latin1(line)).definition && !isFailureLine(latin1(line))) unknown.add(line)
      }
    }
    expect([...unknown]).toEqual(['FOO BAR', '', '   ', 'NOOP\r'])
  })

  it('knows what a dead channel still takes', () => {
    const deadOnes = ['GET VARIABLE', 'SET VARIABLE', 'EXEC', 'NOOP'].map((name) => agiCommands.get(name)!.runsOnDeadChannel)
    const others = ['ANSWER', 'STREAM FILE', 'HANGUP', 'CHANNEL STATUS', 'WAIT FOR DIGIT'].map(
      (name) => agiCommands.get(name)!.runsOnDeadChannel
    )
    expect(deadOnes).toEqual([true, true, true, true])
    expect(others).toEqual([false, false, false, false, false])
  })
})

describe('a command', () => {
  it('is written with quotes where they are needed', () => {
    expect(encodeCommand(['SET VARIABLE', 'Q', 'a "b" \\ c']).toString()).toBe('SET VARIABLE Q "a \\"b\\" \\\\ c"\n')
    expect(encodeCommand(['STREAM', 'FILE', 'digits/1', '']).toString()).toBe('STREAM FILE digits/1 ""\n')
  })

  it('is read back as its words', () => {
    const word = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\0\r\n]/.test(text))
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (args) => {
        const command = readCommand(encodeCommand(['VERBOSE', ...args]).subarray(0, -1))
        expect(command.definition?.name).toBe('VERBOSE')
        expect(command.args).toEqual(args)
      })
    )
  })

  it.each([
    ['an LF', ['NOOP', 'a\nHANGUP']],
    ['a CR', ['NOOP', 'a\r']],
    ['a NUL', ['NOOP', 'a\0b']],
    ['nothing', []],
    ['blanks only', ['  ']],
    ['128 words', ['NOOP', ...Array<string>(127).fill('a')]],
    ['8192 bytes', ['NOOP', 'x'.repeat(8192 - 'NOOP '.length - 1)]],
    ['the word that ends the session', ['Failure', 'x']]
  ])('is refused with %s', (_, words) => {
    expect(() => encodeCommand(words)).toThrow(AgiCommandError)
  })

  it('may have 127 words, and 8191 bytes', () => {
    expect(encodeCommand(['NOOP', ...Array<string>(126).fill('a')])).toHaveLength(257)
    expect(encodeCommand(['NOOP', 'x'.repeat(8191 - 'NOOP '.length - 1)])).toHaveLength(8191)
  })
})
