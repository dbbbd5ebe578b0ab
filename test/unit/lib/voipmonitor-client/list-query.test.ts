import path from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { Sensor } from '../../../../src/lib/sensors/sensor.js'
import { listCallsCommand } from '../../../../src/lib/voipmonitor/list-command.js'
import { Columns, ListRow } from '../../../../src/lib/voipmonitor/list-row.js'
import { countCalls, countRegisters } from '../../../../src/lib/voipmonitor-client/list-metrics.js'
import { ListQuery, type ListQueryOptions } from '../../../../src/lib/voipmonitor-client/list-query.js'
import { fakeSniffer, recordedKey, snifferDouble } from '../../support/replayed-sniffer.js'
import { scratchFolder } from '../../support/scratch.js'

/** A list of calls with nothing but their numbers. */
const listOf = (...numbers: number[]) =>
  Buffer.from(JSON.stringify([['calldate_num', 'caller'], ...numbers.map((n) => [n, `c${n}`])]))

async function sensorThatSays(name: string, text: Buffer): Promise<Sensor> {
  const { address } = await fakeSniffer((socket) => socket.end(text))
  return { name, address: { kind: 'tcp', host: address.host, port: address.port } }
}

async function read(options: Omit<ListQueryOptions, 'command'>) {
  const query = new ListQuery({ command: listCallsCommand(), ...options })
  const seen: string[] = []
  for await (const batch of query.rows()) seen.push(...batch.map(({ sensor, row }) => `${sensor.name}${row.raw('calldate_num')}`))
  return { seen, query }
}

describe('a list of several sensors', () => {
  it('is one list in the order of all of them', async () => {
    const sensors = [
      await sensorThatSays('a', listOf(9, 5, 1)),
      await sensorThatSays('b', listOf(8, 7, 6, 5)),
      await sensorThatSays('c', listOf())
    ]
    const { seen, query } = await read({ sensors })
    expect(seen).toEqual(['a9', 'b8', 'b7', 'b6', 'a5', 'b5', 'a1'])
    expect(query.outcomes.map(({ total, rows }) => [total, rows])).toEqual([
      [3, 3],
      [4, 4],
      [0, 0]
    ])
    const rising = [await sensorThatSays('a', listOf(1, 10)), await sensorThatSays('b', listOf(2, 9))]
    const order = { column: 'calldate_num', direction: 'asc' } as const
    expect((await read({ sensors: rising, order })).seen).toEqual(['a1', 'b2', 'b9', 'a10'])
  })

  it('is limited as a whole, and closes what it does not read', async () => {
    const endless = await fakeSniffer((socket) => socket.write(listOf(3, 2, 1).subarray(0, -1)))
    const sensor = (name: string): Sensor => ({ name, address: { kind: 'tcp', host: '127.0.0.1', port: endless.address.port } })
    const { seen } = await read({ sensors: [sensor('a'), sensor('b')], limit: 3 })
    expect(seen).toEqual(['a3', 'b3', 'a2'])
    await vi.waitFor(() => expect(endless.open.size).toBe(0))
  })

  it('goes on without those that fail', async () => {
    const nobody: Sensor = { name: 'none', address: { kind: 'unix', path: path.join(scratchFolder(), 'none') } }
    const cut = await sensorThatSays('cut', listOf(5, 4).subarray(0, -1))
    const { seen, query } = await read({ sensors: [nobody, cut, await sensorThatSays('a', listOf(4))] })
    expect(seen).toEqual(['cut5', 'cut4', 'a4'])
    expect(query.failures.map(({ sensor, error }) => [sensor.name, error.code])).toEqual([
      ['none', 'E_CONNECT'],
      ['cut', 'E_CUT_REPLY']
    ])
  })

  it('takes conditions that the sniffer does not know, and counts by them', async () => {
    const sensors = [await sensorThatSays('a', listOf(9, 5, 1))]
    const { seen, query } = await read({ sensors, where: (row) => Number(row.raw('calldate_num')) > 4 })
    expect(seen).toEqual(['a9', 'a5'])
    expect(query.outcomes[0]).toMatchObject({ total: 2, rows: 2 })
  })

  it('ends with its signal', async () => {
    const silent = await fakeSniffer(() => controller.abort(new Error('enough')))
    const controller = new AbortController()
    const sensor: Sensor = { name: 'a', address: { kind: 'tcp', host: '127.0.0.1', port: silent.address.port } }
    await expect(read({ sensors: [sensor], exchange: { signal: controller.signal } })).rejects.toThrow('enough')
  })
})

it('the metrics of the recorded calls are what is in them', async () => {
  const { address } = await snifferDouble()
  const sensor: Sensor = { name: 'a', address: { kind: 'tcp', host: address.host, port: address.port }, key: recordedKey }
  const counter = countCalls()
  const query = new ListQuery({ sensors: [sensor], command: listCallsCommand() })
  for await (const batch of query.rows()) for (const row of batch) counter.add(row)
  expect(counter.values()).toEqual({ calls: 3, connected: 3, mos: 4.5, mosavg: 4.5, loss: 0, jitter: 0.729705, duration: 18 })
  expect(countCalls().values()).toMatchObject({ calls: 0, mos: null, loss: null })
})

it('the metrics of several calls are the worst of each', () => {
  const columns = new Columns(['connect_duration', 'duration', 'src_mosf2', 'src_received', 'rtp_src', 'src_loss', 'src_jitter'])
  const counter = countCalls()
  const sensor: Sensor = { name: 'a', address: { kind: 'unix', path: '/x' } }
  const rows: (number | string | null)[][] = [
    [5, 9, 44, 1, 'x', 0.5, 7],
    [0, 3, 36, 1, 'x', 2.5, 1],
    [0, 99, 45, null, null, null, null]
  ]
  for (const values of rows) counter.add({ sensor, row: new ListRow(columns, values) })
  expect(counter.values()).toEqual({ calls: 3, connected: 1, mos: 3.6, mosavg: 4, loss: 2.5, jitter: 7, duration: 99 })
})

it('the metrics of registrations count their states', () => {
  const columns = new Columns(['state', 'rrd_avg'])
  const counter = countRegisters()
  const sensor: Sensor = { name: 'a', address: { kind: 'unix', path: '/x' } }
  for (const values of [
    [1, 0.5],
    [2, 9.5],
    [2, null],
    [99, 1]
  ]) {
    counter.add({ sensor, row: new ListRow(columns, values) })
  }
  expect(counter.values()).toMatchObject({ registers: 4, ok: 1, failed: 2, expired: 0, rtt: 9.5 })
})
