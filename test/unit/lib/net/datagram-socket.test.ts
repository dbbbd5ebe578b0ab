import { describe, expect, it } from 'vitest'
import { DatagramSocket } from '../../../../src/lib/net/datagram-socket.js'

const here = { host: '127.0.0.1', port: 0 }

describe('a datagram', () => {
  it('to port 0, from where a forged one may have come, is told as an error and not thrown', async () => {
    let told: (error: Error) => void = () => {}
    const error = new Promise<Error>((resolve) => {
      told = resolve
    })
    const socket = await DatagramSocket.open({ bind: here, family: 4 }, { onDatagram: () => {}, onError: (one) => told(one) })
    expect(() => socket.send(Buffer.from('x'), here)).not.toThrow()
    expect((await error).message).toMatch(/port/i)
    socket.close()
  })

  it('whose failure comes after the socket was closed is no concern any more', async () => {
    const errors: Error[] = []
    const socket = await DatagramSocket.open(
      { bind: here, family: 4 },
      { onDatagram: () => {}, onError: (one) => errors.push(one) }
    )
    socket.send(Buffer.from('x'), here)
    socket.close()
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(errors).toEqual([])
  })
})
