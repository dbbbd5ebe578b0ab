import { describe, expect, it } from 'vitest'
import { unwrapped } from '../../../../src/lib/cli/help-text.js'

describe('a description', () => {
  it('is one line a paragraph', () => {
    expect(unwrapped('It takes\nthe place of\n--old.\n\nExit status:\n0 done')).toBe(
      'It takes the place of --old.\n\nExit status: 0 done'
    )
  })

  it('keeps what is laid out: indented lines and bullets', () => {
    for (const text of ['Write:\n  a = 1\n  b = 2\n\nEnd', 'Of these:\n- one\n- two', 'Of these:\n* one\n• two'])
      expect(unwrapped(text)).toBe(text)
  })
})
