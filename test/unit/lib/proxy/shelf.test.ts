import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Journal } from '../../../../src/lib/proxy/journal.js'
import { Shelf } from '../../../../src/lib/proxy/shelf.js'

/** The memory that lives as long as these do. */
const heldBytes = (all: readonly Buffer[]) =>
  [...new Set(all.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0)

/** As if it had been read from a socket, with much before it. */
function partOf(chunkBytes: number, text: string): Buffer {
  const chunk = Buffer.alloc(Math.max(chunkBytes, text.length), 'x')
  chunk.write(text, chunk.length - text.length, 'latin1')
  return chunk.subarray(chunk.length - text.length)
}

describe('a shelf', () => {
  it('gives back the same bytes, whatever is kept after them', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 200_000 }), fc.string({ maxLength: 70_000 }))), (parts) => {
        const shelf = new Shelf()
        const given = parts.map(([chunkBytes, text]) => partOf(chunkBytes, text))
        const kept = given.map((bytes) => shelf.keep(bytes))
        expect(kept.every((bytes, index) => bytes.equals(given[index]!))).toBe(true)
      }),
      { numRuns: 50 }
    )
  })

  it('does not copy what is most of what was read', () => {
    const bytes = partOf(1_000, 'y'.repeat(600))
    expect(new Shelf().keep(bytes)).toBe(bytes)
  })
})

describe('the journal', () => {
  it('keeps events, not the lists among which they came', () => {
    const journal = new Journal(1024 * 1024)
    const event = `Event: Load\r\nPrivilege: call,all\r\nPadding: ${'p'.repeat(200)}\r\n\r\n`
    for (let n = 0; n < 1_000; n++) journal.append(partOf(64 * 1024, event), 'pbx')
    const { known, missed } = journal.since(0)
    const kept = [...known, ...missed].map(({ bytes }) => bytes)
    expect(kept).toHaveLength(1_000)
    expect(heldBytes(kept)).toBeLessThan(2 * event.length * 1_000 + 64 * 1024)
  })
})
