import { once } from 'node:events'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeHeader, Flag, FrameType } from '../../../../../src/lib/net/yamux/frame.js'
import { rawPeer, readAll } from './support.js'

const { data, windowUpdate, ping, goAway } = FrameType

/** The session must say GOAWAY with code 1, and close. */
async function expectRefused(act: (raw: ReturnType<typeof rawPeer>) => void): Promise<string> {
  const raw = rawPeer()
  const ended = once(raw.peer, 'end')
  act(raw)
  const frame = await raw.received(({ type }) => type === goAway)
  expect(frame.length).toBe(1)
  await ended
  return (await raw.observed.ended()).error!.message
}

describe('a stream', () => {
  it('that its reader gives up at its last bytes has no good end', async () => {
    const { send, observed } = rawPeer()
    send(windowUpdate, Flag.syn, 1, 0)
    const stream = await observed.accepted()
    const events: string[] = []
    stream.on('data', () => void stream.destroy()).on('end', () => events.push('end'))
    stream.resume()
    send(data, Flag.fin, 1, 2, Buffer.from('ab'))
    await once(stream, 'close')
    expect([events, stream.readableEnded]).toEqual([[], false])
  })
})

describe('a session ends when its peer', () => {
  it('sends what is no yamux', async () => {
    expect(await expectRefused(({ peer }) => peer.write('GET / HTTP/1.1\r\n\r\n'))).toMatch(/version 71/)
  })

  it('sends more than it has credit for', async () => {
    const message = await expectRefused(({ send }) => {
      send(windowUpdate, Flag.syn, 1, 0)
      for (let i = 0; i < 5; i++) send(data, 0, 1, 64 * 1024, Buffer.alloc(64 * 1024))
    })
    expect(message).toMatch(/credit/)
  })

  it('announces a frame that no window has room for', async () => {
    await expectRefused(({ send }) => send(data, Flag.syn, 1, 256 * 1024 + 1))
  })

  it('gives more credit than a window can hold', async () => {
    await expectRefused(({ send }) => {
      send(windowUpdate, Flag.syn, 1, 2 ** 32 - 1)
    })
  })

  it('opens a stream twice, or one of ours, or none', async () => {
    await expectRefused(({ send }) => {
      send(windowUpdate, Flag.syn, 1, 0)
      send(windowUpdate, Flag.syn, 1, 0)
    })
    await expectRefused(({ send }) => send(windowUpdate, Flag.syn, 2, 0))
    await expectRefused(({ send }) => send(windowUpdate, Flag.syn, 0, 0))
  })

  it('sends after its own end', async () => {
    await expectRefused(({ send }) => {
      send(windowUpdate, Flag.syn, 1, 0)
      send(data, Flag.fin, 1, 2, Buffer.from('ab'))
      send(data, 0, 1, 2, Buffer.from('cd'))
    })
  })

  it('asks and asks, and does not read the answers', async () => {
    const raw = rawPeer({}, { highWaterMark: 1024 })
    raw.peer.pause()
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => encodeHeader(ping, Flag.syn, 0, 7)))
    for (let i = 0; i < 40; i++) raw.peer.write(pings)
    expect((await raw.observed.ended()).error?.message).toMatch(/does not read/)
  })

  it('says that it failed', async () => {
    const raw = rawPeer()
    raw.send(goAway, 0, 0, 2)
    expect((await raw.observed.ended()).error?.message).toMatch(/code 2/)
  })
})

describe('a session goes on when its peer', () => {
  it('pings: the value comes back', async () => {
    const raw = rawPeer()
    raw.send(ping, Flag.syn, 0, 0xcafe)
    expect(await raw.received(({ type }) => type === ping)).toMatchObject({ flags: Flag.ack, streamId: 0, length: 0xcafe })
  })

  it('answers a ping that nobody sent', async () => {
    const raw = rawPeer()
    raw.send(ping, Flag.ack, 0, 1)
    raw.send(ping, Flag.syn, 0, 2)
    await raw.received(({ type }) => type === ping)
    expect(raw.session.roundTripMs).toBeUndefined()
  })

  it('sends to a stream that was reset, in the time before it hears of that', async () => {
    const raw = rawPeer()
    raw.send(windowUpdate, Flag.syn, 1, 0)
    ;(await raw.observed.accepted()).destroy()
    raw.send(data, 0, 1, 5, Buffer.from('hello'))
    raw.send(windowUpdate, Flag.fin, 1, 10)
    raw.send(ping, Flag.syn, 0, 3)
    await raw.received(({ type }) => type === ping)
    expect(raw.frames.filter(({ flags }) => flags & Flag.rst)).toHaveLength(1)
  })

  it('opens with its first bytes, and ends with its last', async () => {
    const raw = rawPeer()
    raw.send(data, Flag.syn | Flag.fin, 1, 5, Buffer.from('hello'))
    const stream = await raw.observed.accepted()
    expect((await readAll(stream)).toString()).toBe('hello')
  })

  it('sends single bytes that nobody reads: they do not cost a buffer each', async () => {
    const raw = rawPeer()
    raw.send(windowUpdate, Flag.syn, 1, 0)
    const stream = await raw.observed.accepted()
    let told = 0
    stream.on('data', () => told++)
    const one = Buffer.concat([encodeHeader(data, 0, 1, 1), Buffer.from('x')])
    for (let i = 0; i < 100_000; i++) raw.peer.write(one)
    raw.send(windowUpdate, Flag.fin, 1, 0)
    raw.send(ping, Flag.syn, 0, 3)
    await raw.received(({ type }) => type === ping)
    expect(told).toBe(0)
    expect(await readAll(stream)).toHaveLength(100_000)
    expect(told).toBeLessThan(20)
  })

  it('sends anything at all: it ends or goes on, and never throws', async () => {
    const flags = fc.constantFrom(0, 1, 2, 4, 8, 5, 9, 15, 0xffff)
    const frame = fc.record({
      type: fc.constantFrom(0, 0, 1, 1, 2, 3),
      flags,
      streamId: fc.constantFrom(0, 1, 2, 3, 5, 7, 0xffffffff),
      length: fc.constantFrom(0, 1, 5, 1000, 0xffffffff),
      isCut: fc.boolean()
    })
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 30 }), async (frames) => {
        const raw = rawPeer({ maxIncomingStreams: 2 })
        for (const { type, flags, streamId, length, isCut } of frames) {
          const body = type === data && length <= 1000 ? Buffer.alloc(isCut ? length >> 1 : length) : Buffer.alloc(0)
          raw.send(type as FrameType, flags, streamId, length, body)
          for (const stream of raw.observed.streams.splice(0)) stream.on('data', () => stream.write('answer')).resume()
        }
        raw.peer.end()
        await raw.observed.ended()
        expect(raw.session.streamCount).toBe(0)
      }),
      { numRuns: 150 }
    )
  })
})
