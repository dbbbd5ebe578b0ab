import { describe, expect, it } from 'vitest'
import { fuzz } from '../../fuzz/fuzz.js'
import { mutate, pieces } from '../../fuzz/mutate.js'
import { Random } from '../../fuzz/random.js'
import { targets } from '../../fuzz/targets.js'

/** The same inputs each time, and few: a longer run is `npm run fuzz -- --seconds 600`. */
const seed = 20_261_121
const inputs = 60

describe.each(targets.map((target) => [target.name, target] as const))('fuzz %s', (_name, target) => {
  it(target.promise, async () => {
    const { finding } = await fuzz(target, seed, (tried) => tried === inputs)
    if (finding)
      throw new Error(`seed ${finding.seed}, ${JSON.stringify(finding.input.toString('latin1').slice(0, 2_000))}`, {
        cause: finding.error
      })
  })
})

describe('the fuzzer', () => {
  it('finds what breaks a promise, and gives the same input for the same seed', async () => {
    const target = {
      name: 'none',
      promise: 'no exclamation mark',
      corpus: () => [Buffer.from('abc')],
      words: ['!'],
      check: (input: Buffer) => {
        if (input.includes('!')) throw new Error('found')
      }
    }
    const [one, other] = [await fuzz(target, 1, (tried) => tried === 1_000), await fuzz(target, 1, (tried) => tried === 1_000)]
    expect(one.finding?.error.message).toBe('found')
    expect(other).toEqual(one)
  })

  it('notices a parser that writes into its input', async () => {
    const target = { name: 'none', promise: '', corpus: () => [Buffer.from('abc')], check: (input: Buffer) => void input.fill(0) }
    expect((await fuzz(target, 1, () => true)).finding?.error.message).toBe('the input was changed')
  })

  it('changes inputs, and cuts them without losing a byte', () => {
    const random = new Random(7)
    const corpus = [Buffer.from('Action: Ping\r\n\r\n')]
    const made = Array.from({ length: 200 }, () => mutate(corpus, [], random))
    expect(new Set(made.map(String)).size).toBeGreaterThan(150)
    for (const input of made) expect(Buffer.concat(pieces(input, random))).toEqual(input)
  })
})
