import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventMask } from '../../../../src/lib/ami/event-mask.js'
import { Congestion } from '../../../../src/lib/proxy/congestion.js'
import { FanOut } from '../../../../src/lib/proxy/fan-out.js'
import { standardOutput } from '../../../../src/lib/proxy/formats/standard.js'
import type { Outbox } from '../../../../src/lib/proxy/outbox.js'

const mib = 1024 * 1024

/** What Congestion looks at. */
function client(state: { waiting: number; pace: 'fast' | 'slow' | 'none'; overflowing?: boolean }) {
  const outbox = {
    get waitingBytes() {
      return state.waiting
    },
    isOverflowing: state.overflowing ?? false,
    readsFast: () => state.pace === 'fast',
    reads: () => state.pace !== 'none'
  }
  return { outbox: outbox as unknown as Outbox, state }
}

function congestion(clients: ReturnType<typeof client>[]) {
  const fanOut = new FanOut()
  for (const one of clients)
    fanOut.subscribe(one, { mask: EventMask.all, filters: [], format: standardOutput, isSequenced: false })
  const pauses: boolean[] = []
  return { pauses, congestion: new Congestion(fanOut, (paused) => pauses.push(paused)) }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the reading from the servers', () => {
  it('pauses for one client that reads fast and is behind, until it has caught up', () => {
    const fast = client({ waiting: 2 * mib, pace: 'fast' })
    const { pauses, congestion: watched } = congestion([fast, client({ waiting: 0, pace: 'slow' })])
    watched.check()
    expect(pauses).toEqual([true])
    fast.state.waiting = 0
    vi.advanceTimersByTime(2)
    expect(pauses).toEqual([true, false])
  })

  it('pauses when most of those who read are behind, for a quarter of a second at the most', () => {
    const { pauses, congestion: watched } = congestion([
      client({ waiting: 2 * mib, pace: 'slow' }),
      client({ waiting: 2 * mib, pace: 'slow' }),
      client({ waiting: 0, pace: 'slow' })
    ])
    watched.check()
    vi.advanceTimersByTime(248)
    expect(pauses).toEqual([true])
    vi.advanceTimersByTime(4)
    expect(pauses).toEqual([true, false])
  })

  it.each([
    [
      'do not read, be they all but one',
      [
        { waiting: 2 * mib, pace: 'none' as const },
        { waiting: 3 * mib, pace: 'none' as const }
      ]
    ],
    ['miss events already', [{ waiting: 16 * mib, pace: 'fast' as const, overflowing: true }]],
    [
      'are behind, but the fewer',
      [
        { waiting: 2 * mib, pace: 'slow' as const },
        { waiting: 0, pace: 'slow' as const }
      ]
    ],
    ['are hardly behind', [{ waiting: mib, pace: 'fast' as const }]]
  ])('goes on for clients that %s', (_, states) => {
    const { pauses, congestion: watched } = congestion([...states, { waiting: 0, pace: 'slow' as const }].map(client))
    watched.check()
    expect(pauses).toEqual([])
  })
})
