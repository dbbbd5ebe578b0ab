import { describe, expect, it } from 'vitest'
import { alphabetOf, alphabets, randomText, strengthNote } from '../../../../src/lib/keygen/random-text.js'

describe('random text', () => {
  it('has the length, the alphabet, and the entropy that it says', () => {
    for (const [name, characters] of Object.entries(alphabets)) {
      const { text, entropyBits } = randomText(40, alphabetOf(name))
      expect([...text].every((one) => characters.includes(one)) && text.length).toBe(40)
      expect(entropyBits).toBeCloseTo(40 * Math.log2(characters.length), 0)
    }
  })

  it('uses every character of the alphabet about as often', () => {
    const counts = new Map<string, number>()
    for (let round = 0; round < 20; round++)
      for (const one of randomText(1000, 'abcd').text) counts.set(one, (counts.get(one) ?? 0) + 1)
    // Of 20,000 characters 5,000 each: the standard deviation is 61, and ten of them do not happen.
    expect([...counts.values()].every((count) => Math.abs(count - 5000) < 610) && counts.size).toBe(4)
  })

  it('takes the characters that are picked', () => {
    let next = 0
    expect(randomText(4, 'xyz', (below) => next++ % below).text).toBe('xyzx')
  })

  it.each(['a', 'aab', 'a b', '', 'ab\n'])('has no alphabet %j', (characters) => {
    expect(() => alphabetOf(characters)).toThrow(/is no alphabet/)
  })

  it('has between 1 and 1024 characters', () => {
    for (const length of [0, 1025, 1.5, Number.NaN]) expect(() => randomText(length, 'ab')).toThrow(/--length/)
  })

  it('that is weak is called so', () => {
    expect(strengthNote(randomText(6, alphabets.digits!))).toMatch(/19.9 bits of entropy: weak/)
    expect(strengthNote(randomText(32, alphabets.alphanumeric!))).not.toMatch(/weak/)
  })

  it('of symbols has none that means something to Asterisk, a shell or an ini file', () => {
    expect(alphabets.symbols).not.toMatch(/[;#"'\\,=$&|<>()[\]{}:@/?%!`\s]/)
  })
})
