import { expect, it } from 'vitest'
import { callColumnSet, findColumns } from '../../../../src/lib/cli/list-columns.js'
import { changeObjects, ListWatch, watchTable } from '../../../../src/lib/cli/list-watch.js'
import type { Sensor } from '../../../../src/lib/sensors/sensor.js'
import { listCallsCommand } from '../../../../src/lib/voipmonitor/list-command.js'
import { ListQuery } from '../../../../src/lib/voipmonitor-client/list-query.js'
import { fakeSniffer } from '../../support/replayed-sniffer.js'

/** A sniffer whose answer a test changes. Undefined: it hangs up without one. */
async function changingSniffer(name: string) {
  const state: { callers?: string[] } = {}
  const { address } = await fakeSniffer((socket) =>
    state.callers
      ? socket.end(JSON.stringify([['callid', 'caller'], ...state.callers.map((one) => [one, one])]))
      : socket.resetAndDestroy()
  )
  const sensor: Sensor = { name, address: { kind: 'tcp', host: address.host, port: address.port } }
  return { sensor, state }
}

const columns = findColumns(callColumnSet, ['caller'])
const keyOf = ({ row }: { row: { raw(column: string): unknown } }) => String(row.raw('callid'))

it('a list that is watched tells new from ended, and takes nothing for ended of a sniffer that is silent', async () => {
  const [a, b] = [await changingSniffer('a'), await changingSniffer('b')]
  const watch = new ListWatch({ columns, keyOf, hasCells: false })
  const look = async (ofA?: string[], ofB?: string[]) => {
    a.state.callers = ofA
    b.state.callers = ofB
    const changes = await watch.look(new ListQuery({ sensors: [a.sensor, b.sensor], command: listCallsCommand() }))
    return changeObjects(changes, new Date(0)).map(({ change, sensor, caller }) => [change, sensor ?? caller].join(' '))
  }
  expect(await look(['1', '2'], ['1'])).toEqual(['new 1', 'new 2', 'new 1'])
  expect(await look(['2', '3'], undefined)).toEqual(['failed b', 'new 3', 'ended 1'])
  expect(await look(['2', '3'], undefined)).toEqual([])
  expect(await look(['2', '3'], ['4'])).toEqual(['answers b', 'new 4', 'ended 1'])
})

it('the table that is watched shows what has ended once more, and what fails', async () => {
  const { sensor, state } = await changingSniffer('a')
  const watch = new ListWatch({ columns, keyOf, hasCells: true })
  const look = async (callers: string[]) => {
    state.callers = callers
    const changes = await watch.look(new ListQuery({ sensors: [sensor], command: listCallsCommand() }))
    return watchTable(changes, { columns, width: 80, what: 'calls', failures: ['b: gone'] })
  }
  expect(await look(['1', '2'])).toBe('2 calls, 2 new, 0 ended\nb: gone\n   CALLER\n+  1\n+  2\n')
  expect(await look(['2'])).toBe('1 calls, 0 new, 1 ended\nb: gone\n   CALLER\n   2\n-  1\n')
  expect(await look(['2'])).toBe('1 calls, 0 new, 0 ended\nb: gone\n   CALLER\n   2\n')
})
