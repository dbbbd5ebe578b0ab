import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Sensor } from '../../../../src/lib/sensors/sensor.js'
import { lookAtSocket, startSocket, stopSocket } from '../../../../src/lib/voipmonitor-client/manager-socket.js'
import { socketProblem } from '../../../../src/lib/voipmonitor-client/socket-problem.js'
import { withManagerFile } from '../../support/manager-file.js'
import { fakeSniffer, recordedKey, snifferDouble } from '../../support/replayed-sniffer.js'
import { scratchFile, scratchFolder } from '../../support/scratch.js'
import { readExchanges } from '../../support/voipmonitor-exchanges.js'

const exchanges = readExchanges()
const withCode = (code: string, message = /./) => expect.objectContaining({ code, message: expect.stringMatching(message) })
const freePath = () => path.join(scratchFolder(), 'vm.sock')

async function started(how?: 'silent' | 'kept') {
  const double = withManagerFile(await snifferDouble(), { exchanges, key: recordedKey }, how)
  const { port } = double.address
  const sensor: Sensor = { name: 'one', address: { kind: 'tcp', host: '127.0.0.1', port }, key: recordedKey }
  return { double, sensor }
}

describe('a socket is started', () => {
  it('and looked at: it is there, 0600, and answers', async () => {
    const { sensor } = await started()
    const socket = freePath()
    const { result, checked, state } = await startSocket(sensor, socket)
    expect({ result, checked, state }).toMatchObject({
      result: 'started',
      checked: true,
      state: { file: 'socket', mode: '0600', version: '2026.04.0' }
    })
    expect(socketProblem(state!)).toBeUndefined()
  })

  it('not twice: where a sniffer answers nothing is sent, elsewhere the sniffer says where it is', async () => {
    const { double, sensor } = await started()
    const socket = freePath()
    await startSocket(sensor, socket)
    double.ran.length = 0
    expect(await startSocket(sensor, socket)).toMatchObject({ result: 'running', checked: true })
    expect(double.ran).toEqual([])
    await expect(startSocket(sensor, freePath())).rejects.toEqual(withCode('E_SOCKET_ANSWER', /already/))
  })

  it('never where the sniffer would delete something or could not listen, and it is not asked', async () => {
    const { double, sensor } = await started()
    const alive = freePath()
    await fakeSniffer((connection) => connection.end('HTTP/1.0 400 no\r\n'), alive)
    const open = freePath()
    for (const [socket, code, message] of [
      [scratchFile('precious', 'x'), 'E_SOCKET_PATH', /a file and no socket/],
      [scratchFolder(), 'E_SOCKET_PATH', /a file and no socket/],
      [path.join(open, 'deeper', 'vm.sock'), 'E_SOCKET_PATH', /no folder/],
      [alive, 'E_SOCKET_PATH', /Somebody else may be listening/],
      ['vm.sock', 'E_COMMAND_PARAMETERS', /not absolute/],
      [`${open} x`, 'E_COMMAND_PARAMETERS', /blank/],
      [`/${'x'.repeat(107)}`, 'E_COMMAND_PARAMETERS', /108 bytes/]
    ] as const) {
      await expect(startSocket(sensor, socket), socket).rejects.toEqual(withCode(code, message))
    }
    expect(double.ran).toEqual([])
  })

  it('over a socket that nobody listens on any more', async () => {
    const { sensor } = await started()
    const socket = freePath()
    const server = net.createServer()
    await new Promise<void>((resolve) => server.listen(`${socket}.first`, resolve))
    // Node removes the name that it gave, not the other one.
    fs.linkSync(`${socket}.first`, socket)
    await new Promise((resolve) => server.close(resolve))
    expect(fs.lstatSync(socket).isSocket()).toBe(true)
    expect(await startSocket(sensor, socket)).toMatchObject({ result: 'started', state: { version: '2026.04.0' } })
  })

  it('and is not there although the sniffer says so', async () => {
    const { sensor } = await started('silent')
    await expect(startSocket(sensor, freePath())).rejects.toEqual(withCode('E_STRANGE_SOCKET', /does not answer/))
  })

  it('on another host without a look', async () => {
    const { double } = await started()
    // 0.0.0.0 is this machine, and not one that we know as ours.
    const sensor: Sensor = { name: 'far', address: { kind: 'tcp', host: '0.0.0.0', port: double.address.port } }
    expect(await startSocket(sensor, freePath())).toEqual({ result: 'started', checked: false })
  })
})

describe('a socket is stopped', () => {
  it('and is gone', async () => {
    const { sensor } = await started()
    const socket = freePath()
    await startSocket(sensor, socket)
    expect(await stopSocket(sensor, undefined)).toBe('stopped')
    expect(await stopSocket(sensor, socket)).toBe('not running')
  })

  it('not when the configuration keeps it, or the file stays', async () => {
    const kept = await started('kept')
    await expect(stopSocket(kept.sensor, undefined)).rejects.toEqual(withCode('E_SOCKET_KEPT'))
    const { sensor } = await started()
    await startSocket(sensor, freePath())
    const other = freePath()
    await fakeSniffer(() => {}, other)
    await expect(stopSocket(sensor, other)).rejects.toEqual(withCode('E_STRANGE_SOCKET', /still there/))
  })

  it('with the time that the sniffer needs, however little was allowed', async () => {
    const sniffer = await fakeSniffer((socket) => setTimeout(() => socket.end('OK\n'), 300))
    const sensor: Sensor = { name: 'slow', address: { kind: 'tcp', host: '127.0.0.1', port: sniffer.address.port } }
    const timeouts = { connectMs: 1_000, firstByteMs: 100, idleMs: 100, totalMs: 100 }
    expect(await stopSocket(sensor, undefined, { timeouts })).toBe('stopped')
  })
})

describe('the state of a socket', () => {
  const look = (socket: string) => lookAtSocket({ name: 'x', address: { kind: 'unix', path: socket } })

  it('is told in words, each with its status', async () => {
    const open = freePath()
    await snifferDouble({ path: open })
    fs.chmodSync(open, 0o666)
    const silent = freePath()
    await fakeSniffer((connection) => connection.end(), silent)
    for (const [socket, code, exit] of [
      [freePath(), 'E_SOCKET_ANSWER', 1],
      [scratchFile('x', ''), 'E_STRANGE_SOCKET', 74],
      [open, 'E_STRANGE_SOCKET', 74],
      [silent, 'E_PROTOCOL', 76]
    ] as const) {
      expect(socketProblem(await look(socket)), socket).toMatchObject({ code, exit })
    }
  })
})
