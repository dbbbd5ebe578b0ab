import net from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Sensor } from '../../../../src/lib/sensors/sensor.js'
import { proveKey, readVersion } from '../../../../src/lib/voipmonitor-client/prove-key.js'
import { fakeSniffer, recordedKey, snifferDouble } from '../../support/replayed-sniffer.js'

const other = { key: Buffer.alloc(32, 7), iv: Buffer.alloc(16, 8) }
const sensor = (port: number, key = recordedKey): Sensor => ({
  name: 'one',
  address: { kind: 'tcp', host: '127.0.0.1', port },
  key
})

describe('a sensor proves a key', () => {
  it('by taking it, and the one that was replaced no more', async () => {
    const { port } = (await snifferDouble()).address
    expect((await proveKey([sensor(port)], undefined))[0]!.answer).toEqual({ version: '2026.04.0' })
    expect((await proveKey([sensor(port)], other))[0]!.answer).toEqual({ version: '2026.04.0', oldKeyFails: true })
  })

  it('not when it takes the old one still, or does not know the new one', async () => {
    const { port } = (await snifferDouble()).address
    const [still] = await proveKey([sensor(port)], recordedKey)
    expect(still!.error).toMatchObject({ exit: 77, message: expect.stringContaining('still takes the key that was replaced') })
    const [unknown] = await proveKey([sensor(port, other)], undefined)
    expect(unknown!.error).toMatchObject({ code: 'E_WRONG_KEY', hint: expect.stringContaining('voipmonitor.conf') })
  })

  it('not when what should refuse the old key has gone in between: that is no refusal', async () => {
    const real = await snifferDouble()
    let asked = 0
    const flaky = await fakeSniffer((socket, request) => {
      if (++asked > 1) return socket.destroy()
      net
        .connect(real.address.port)
        .on('error', () => {})
        .end(request)
        .pipe(socket)
    })
    const [proof] = await proveKey([sensor(flaky.address.port)], other)
    expect(proof!.answer).toBeUndefined()
    expect(proof!.error!.code).toMatch(/^E_(PROTOCOL|CONNECTION_LOST)$/)
  })
})

it('a version is a version', () => {
  expect(readVersion(Buffer.from('2026.04.0\n'))).toBe('2026.04.0')
  for (const text of ['', 'OK', '<html>', '1'.repeat(80)])
    expect(() => readVersion(Buffer.from(text)), text).toThrow(/no version/)
})
