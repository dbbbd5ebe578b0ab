import { describe, expect, it } from 'vitest'
import { PortWatch } from '../../../../src/lib/registrations/port-watch.js'
import { probePort } from '../../../../src/lib/sip-transport/port-probe.js'
import type { SipTarget } from '../../../../src/lib/sip-transport/target.js'
import { deadPort, sipPeer } from '../../support/sip-peer.js'

const target = (port: number): SipTarget => ({ transport: 'udp', address: '127.0.0.1', port, serverName: '127.0.0.1' })

/** A wheel that is turned by hand. */
function handWheel() {
  const tasks: (() => void)[] = []
  const after = (_ms: number, task: () => void) => {
    tasks.push(task)
    return { cancel: () => {} }
  }
  /** Runs what is due, and lets what it began go on. */
  const turn = async () => {
    for (const task of tasks.splice(0)) task()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { wheel: { after } as never, turn, tasks }
}

describe('a port on which nobody listens', () => {
  it('is told by the system to a socket of its own, and one that is open is not', async () => {
    expect(await probePort(target(await deadPort()))).toMatchObject({ code: 'ECONNREFUSED' })
    const peer = await sipPeer(() => {})
    expect(await probePort(target(peer.port))).toBeUndefined()
    expect(peer.requests).toEqual([])
  })

  it('ends all requests that have been repeated, after one look, and no others', async () => {
    const { wheel, turn } = handWheel()
    const refused = new Error('refused')
    let looks = 0
    const watch = new PortWatch({ wheel }, async () => {
      looks++
      return refused
    })
    const ended: string[] = []
    const late = [{ sent: 2 }, { sent: 3 }, { sent: 2 }]
    const stops = late.map((one, at) => watch.watch(one, target(1), () => void ended.push(`late ${at}`)))
    const young = { sent: 1 }
    watch.watch(young, target(1), () => void ended.push('young'))
    stops[1]!()
    await turn()
    expect({ looks, ended }).toEqual({ looks: 1, ended: ['late 0', 'late 2'] })
    young.sent = 2
    await turn()
    expect({ looks, ended }).toEqual({ looks: 2, ended: ['late 0', 'late 2', 'young'] })
  })

  it('is looked at once for each request: a silent registrar is not asked again and again', async () => {
    const { wheel, turn } = handWheel()
    let looks = 0
    const watch = new PortWatch({ wheel }, async () => {
      looks++
      return undefined
    })
    watch.watch({ sent: 2 }, target(1), () => {})
    for (let nth = 0; nth < 5; nth++) await turn()
    expect(looks).toBe(1)
    watch.watch({ sent: 2 }, target(1), () => {})
    for (let nth = 0; nth < 5; nth++) await turn()
    expect(looks).toBe(2)
  })

  it('is not looked at while replies come in time, and a target that nobody asks is forgotten', async () => {
    const { wheel, turn, tasks } = handWheel()
    let looks = 0
    const watch = new PortWatch({ wheel }, async () => {
      looks++
      return undefined
    })
    const stop = watch.watch({ sent: 1 }, target(1), () => {})
    await turn()
    expect({ looks, planned: tasks.length }).toEqual({ looks: 0, planned: 1 })
    stop()
    await turn()
    expect({ looks, planned: tasks.length }).toEqual({ looks: 0, planned: 0 })
  })
})
