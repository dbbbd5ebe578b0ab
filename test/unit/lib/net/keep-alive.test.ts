import net from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepAlive } from '../../../../src/lib/net/keep-alive.js'

/** A socket of which only what a keep-alive looks at is real. */
function quietSocket() {
  const socket = new net.Socket()
  let received = 0
  Object.defineProperty(socket, 'bytesRead', { get: () => received })
  socket.on('error', () => {})
  return { socket, hear: () => received++ }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('keepAlive', () => {
  it('asks after one interval of silence and gives up after two', () => {
    const { socket } = quietSocket()
    const ask = vi.fn()
    keepAlive(socket, { intervalMs: 1000, ask })
    vi.advanceTimersByTime(1000)
    expect(ask).toHaveBeenCalledOnce()
    expect(socket.destroyed).toBe(false)
    vi.advanceTimersByTime(1000)
    expect(socket.destroyed).toBe(true)
  })

  it('asks nobody who speaks', () => {
    const { socket, hear } = quietSocket()
    const ask = vi.fn()
    keepAlive(socket, { intervalMs: 1000, ask })
    for (let i = 0; i < 5; i++) {
      hear()
      vi.advanceTimersByTime(1000)
    }
    expect(ask).not.toHaveBeenCalled()
  })

  it('waits for a peer that is busy, and not for ever', () => {
    const { socket } = quietSocket()
    keepAlive(socket, { intervalMs: 1000, ask: () => {}, isBusy: () => true })
    vi.advanceTimersByTime(14 * 60_000)
    expect(socket.destroyed).toBe(false)
    vi.advanceTimersByTime(2 * 60_000)
    expect(socket.destroyed).toBe(true)
  })

  it('takes no silence for a loss while we do not read', () => {
    const { socket } = quietSocket()
    socket.pause()
    keepAlive(socket, { intervalMs: 1000, ask: () => {} })
    vi.advanceTimersByTime(10_000)
    expect(socket.destroyed).toBe(false)
  })
})
