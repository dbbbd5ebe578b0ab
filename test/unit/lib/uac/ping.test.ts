import { describe, expect, it } from 'vitest'
import { judge } from '../../../../src/lib/cli/ping-nagios.js'
import { TimeoutError } from '../../../../src/lib/errors.js'
import { makeAddress } from '../../../../src/lib/sip/address.js'
import { Parameters } from '../../../../src/lib/sip/parameters.js'
import { type Ping, ping, pingRow, traceroute } from '../../../../src/lib/uac/ping.js'
import { type PingResult, runPings } from '../../../../src/lib/uac/ping-run.js'
import { PingTally } from '../../../../src/lib/uac/ping-tally.js'
import type { UserAgent } from '../../../../src/lib/uac/user-agent.js'
import { sipPeer, userAgent } from '../../support/sip-peer.js'

const draftOf = (agent: UserAgent) => () => ({
  method: 'OPTIONS',
  uri: 'sip:127.0.0.1',
  from: makeAddress('sip:127.0.0.1', undefined, Parameters.none.with('tag', agent.ids.tag())),
  to: makeAddress('sip:127.0.0.1'),
  callId: agent.ids.callId(),
  cseq: 1
})

const target = { transport: 'udp' as const, address: '192.0.2.1', port: 5060, serverName: 'a' }
const answered = (roundTripMs: number, status = 200): Ping => ({
  ...{ sequence: 1, status, reason: 'OK', roundTripMs, target },
  ...{ allow: [], supported: [], accept: [] }
})
const tallyOf = (pings: Iterable<Ping>) => {
  const tally = new PingTally()
  for (const one of pings) tally.add(one)
  return tally
}
const summarize = (pings: Iterable<Ping>) => tallyOf(pings).summary
const lost: Ping = { sequence: 1, error: new TimeoutError('No reply') }

describe('pings', () => {
  it('are calls of their own, tell what the peer says it can do, and go on after a loss', async () => {
    const peer = await sipPeer(({ reply, request }) => {
      // The second, with all its repeats, is lost.
      const calls = new Set(peer.requests.map(({ callId }) => callId))
      if ([...calls].indexOf(request.callId) !== 1)
        reply({
          status: 404,
          headers: [
            ['Server', 'Lab 1'],
            ['Allow', 'INVITE,ACK'],
            ['Supported', 'path'],
            ['Accept', '']
          ]
        })
    })
    const agent = userAgent()
    const all: Ping[] = []
    for await (const one of ping(agent, draftOf(agent), { to: peer.uri, timeoutMs: 400, count: 3, intervalMs: 1 })) all.push(one)
    expect(all.map((one) => ('status' in one ? one.status : one.error.code))).toEqual([404, 'E_TIMEOUT', 404])
    expect(pingRow(all[0]!)).toMatchObject({ server: 'Lab 1', allow: ['INVITE', 'ACK'], supported: ['path'], accept: [] })
    expect(summarize(all)).toMatchObject({ sent: 3, received: 2, lossPercent: 100 / 3 })
  })

  it('end with their signal', async () => {
    const peer = await sipPeer(({ reply }) => reply({ status: 200 }))
    const agent = userAgent()
    const stop = new AbortController()
    let count = 0
    const options = { to: peer.uri, timeoutMs: 1000, count: 0, intervalMs: 1, signal: stop.signal }
    for await (const _ of ping(agent, draftOf(agent), options)) if (++count === 3) stop.abort()
    expect(count).toBe(3)
  })

  it('with Max-Forwards find the hops until somebody else answers', async () => {
    const peer = await sipPeer(({ request, reply }) => reply({ status: request.maxForwards! < 2 ? 483 : 200 }))
    const agent = userAgent()
    const statuses: unknown[] = []
    for await (const hop of traceroute(agent, draftOf(agent), { to: peer.uri, timeoutMs: 1000, maxHops: 70 })) {
      statuses.push([hop.maxForwards, 'status' in hop.ping && hop.ping.status])
    }
    expect(statuses).toEqual([
      [0, 483],
      [1, 483],
      [2, 200]
    ])
  })
})

it('a summary has the least, the mean, the most and the deviation', () => {
  expect(summarize([answered(1), answered(3), lost, answered(8)])).toEqual({
    ...{ sent: 4, received: 3, lossPercent: 25 },
    ...{ minMs: 1, avgMs: 4, maxMs: 8, mdevMs: 2.944 }
  })
  expect(summarize([lost])).toEqual({ sent: 1, received: 0, lossPercent: 100 })
})

it('a summary of a run of hours is that of all of it', () => {
  const times = function* () {
    for (let nth = 0; nth < 200_000; nth++) yield answered(1000 + (nth % 2))
  }
  expect(summarize(times())).toMatchObject({ sent: 200_000, minMs: 1000, avgMs: 1000.5, maxMs: 1001, mdevMs: 0.5 })
})

it('a run without an end keeps the last pings only, and counts all', async () => {
  const peer = await sipPeer(({ reply }) => reply({ status: 200 }))
  const agent = userAgent()
  const stop = new AbortController()
  const options = { to: peer.uri, timeoutMs: 5000, count: 0, intervalMs: 0, signal: stop.signal }
  const [result] = await runPings(agent, [{ name: 'a', uri: peer.uri, options }], draftOf(agent), async (_, { sequence }) => {
    if (sequence === 1005) stop.abort()
  })
  expect(result).toMatchObject({ accepted: 1005, summary: { sent: 1005, received: 1005 } })
  expect(result!.pings.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 1000 }, (_, nth) => nth + 6))
})

describe('as a Nagios plugin', () => {
  const result = (pings: Ping[], uri = 'sip:a'): PingResult => {
    const { summary, accepted, failure } = tallyOf(pings)
    return { uri, pings, summary, accepted, failure }
  }
  const thresholds = { warnMs: 100, critMs: 1000 }

  it.each([
    [0, 'OK', [answered(50)]],
    [1, 'WARNING', [answered(150)]],
    [2, 'CRITICAL', [answered(1500)]],
    [1, 'WARNING', [answered(1), lost]],
    [2, 'CRITICAL', [lost]]
  ])('it is %i (%s)', (state, name, pings) => {
    const judged = judge([result(pings)], thresholds, false)
    expect(judged.state).toBe(state)
    expect(judged.line).toMatch(new RegExp(`^SIP ${name} - sip:a `))
  })

  it('the worst of several counts, and a refusal only when it is strict', () => {
    expect(judge([result([answered(1)]), result([lost], 'sip:b')], thresholds, false).state).toBe(2)
    expect(judge([result([answered(1, 404)])], thresholds, false).state).toBe(0)
    expect(judge([result([answered(1, 404)])], thresholds, true).state).toBe(2)
  })

  it('performance data cannot be forged by what a peer says', () => {
    const { line } = judge([result([{ ...answered(1), reason: 'OK | rtt=0' } as Ping])], thresholds, false)
    expect(line).toBe('SIP OK - sip:a 200 OK / rtt=0 in 1.0 ms | rtt=1ms;100;1000;0 loss=0%')
  })
})
