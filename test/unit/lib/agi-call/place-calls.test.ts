import net from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { placeCalls } from '../../../../src/lib/agi-call/place-calls.js'
import { TimeoutError } from '../../../../src/lib/errors.js'

it('makes no further calls when one could not be made, and breaks those that go on', async () => {
  let connections = 0
  let closed = 0
  const server = net.createServer((socket) => {
    connections++
    onTestFinished(() => void socket.destroy())
    socket
      .on('error', () => {})
      .on('close', () => closed++)
      .resume()
    // The first two would last for ever.
    if (connections > 2) socket.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `agi://127.0.0.1:${(server.address() as net.AddressInfo).port}`
  let reports = 0
  const fail = async () => {
    reports++
    throw new TimeoutError('not in time')
  }
  await expect(placeCalls({ url, timeoutMs: 5_000 }, { calls: 100, parallel: 3 }, fail)).rejects.toThrow('not in time')
  await expect.poll(() => closed).toBe(connections)
  expect([connections, reports]).toEqual([3, 1])
})
