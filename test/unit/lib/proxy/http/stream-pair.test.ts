import { once } from 'node:events'
import { expect, it } from 'vitest'
import { streamPair } from '../../../../../src/lib/proxy/http/stream-pair.js'

it('gives each side what the other is told, and its end behind it', async () => {
  const [near, far] = streamPair()
  far.end('last words')
  let text = ''
  near.on('data', (chunk) => {
    text += chunk
  })
  await once(near, 'end')
  expect(text).toBe('last words')
})

it('shows by writableLength and drain what the other side leaves unread', async () => {
  const [near, far] = streamPair()
  for (let i = 0; i < 10; i++) far.write(Buffer.alloc(100_000))
  await new Promise((resolve) => setImmediate(resolve))
  expect(far.writableLength).toBeGreaterThanOrEqual(900_000)
  const drained = once(far, 'drain')
  near.resume()
  await drained
  expect(far.writableLength).toBe(0)
})

it('destroys one side with the other, and lets nobody wait for room on it', async () => {
  const [near, far] = streamPair()
  far.write(Buffer.alloc(100_000))
  far.write('more')
  far.on('error', () => {})
  near.destroy()
  await once(far, 'close')
  expect(far.destroyed).toBe(true)
})

it('keeps what was said before an orderly end, whoever is gone', async () => {
  const [near, far] = streamPair()
  near.end()
  far.resume()
  far.end('last words')
  await once(far, 'close')
  const closed = once(near, 'close')
  const [chunk] = await once(near, 'data')
  expect(String(chunk)).toBe('last words')
  await closed
})
