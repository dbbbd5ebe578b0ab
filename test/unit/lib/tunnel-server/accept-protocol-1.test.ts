import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { ToldToWaitError } from '../../../../src/lib/tunnel/errors.js'
import { tokenOf } from '../../../../src/lib/tunnel/protocol-1-messages.js'
import { acceptProtocol1 } from '../../../../src/lib/tunnel-server/accept-protocol-1.js'

const trouble = new Error('the database is away')

describe('a client of the original that is sent away', () => {
  it.each([
    ['because the accounts cannot be read', () => Promise.reject(trouble), undefined, trouble, 'wait 30\n'],
    ['because its user has enough tunnels', async () => 'alice', 10, new ToldToWaitError(10), 'wait 10\n']
  ])('%s is told when to come back, and does not keep its connection when it stays', async (_, find, waitS, error, told) => {
    const [ours, theirs] = duplexPair()
    const accepted = acceptProtocol1(ours, {
      accounts: { findByToken: find },
      mayEnter: () => waitS,
      ...{ address: '127.0.0.1:1', encrypted: false },
      eventsOf: () => ({ onLeft: () => {}, onCallOver: () => {} })
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      theirs.write(`${tokenOf('alice', 'secret')}\n`)
      await expect(accepted).rejects.toThrow(error.message)
      const [said] = await once(theirs, 'data')
      expect(String(said)).toBe(told)
      vi.advanceTimersByTime(2_000)
      expect(ours.destroyed).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })
})
