import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { NoKeyRowError } from '../../../../src/lib/sensors/errors.js'
import type { Sensor } from '../../../../src/lib/sensors/sensor.js'
import { diagnose } from '../../../../src/lib/voipmonitor-client/doctor.js'
import { fakeSniffer, recordedKey, snifferDouble } from '../../support/replayed-sniffer.js'
import { scratchFile, scratchFolder } from '../../support/scratch.js'
import type { SnifferDouble } from '../../support/sniffer-double.js'

const tcp = (port: number, key?: Sensor['key'], cipher?: string): Sensor => ({
  name: 'one',
  address: { kind: 'tcp', host: '127.0.0.1', port },
  key,
  keySource: 'somewhere',
  cipher
})
const wrongKey = { key: Buffer.alloc(32, 7), iv: recordedKey.iv }
const soon = { timeouts: { firstByteMs: 150 } }

async function of(sensor: Sensor, ...more: [NoKeyRowError?]) {
  const { findings, exit } = await diagnose(sensor, soon, ...more)
  return { exit, codes: findings.map(({ severity, code }) => `${severity} ${code}`), findings }
}

/** A sniffer double, and what it says of its own encryption. */
async function double(
  says: { support: 'yes' | 'no'; exists: 'yes' | 'no' },
  options: Parameters<typeof snifferDouble>[0] = {}
): Promise<SnifferDouble> {
  const sniffer = await snifferDouble(options)
  sniffer.answers.set('support_aes', says.support).set('exists_aes_key', says.exists)
  return sniffer
}

describe('the doctor', () => {
  it('finds nothing wrong where the key is right, and then asks nothing in clear', async () => {
    const sniffer = await double({ support: 'yes', exists: 'yes' })
    expect(await of(tcp(sniffer.address.port, recordedKey))).toMatchObject({ exit: 0, codes: ['ok key', 'ok answers'] })
    expect(sniffer.ran).toEqual(['getversion'])
  })

  it('tells a wrong key, a wrong IV, and a sniffer without a key apart', async () => {
    const keyed = await double({ support: 'yes', exists: 'yes' })
    const { port } = keyed.address
    expect(await of(tcp(port, wrongKey))).toMatchObject({
      exit: 77,
      codes: ['ok key', 'error E_WRONG_KEY', 'ok answers', 'warning sniffer-has-key']
    })
    expect(await of(tcp(port, { key: recordedKey.key, iv: Buffer.alloc(16, 9) }))).toMatchObject({
      exit: 77,
      codes: expect.arrayContaining([expect.stringMatching(/^error E_WRONG/)])
    })
    const bare = await double({ support: 'no', exists: 'no' }, { key: undefined })
    expect(await of(tcp(bare.address.port, recordedKey))).toMatchObject({
      exit: 77,
      codes: ['ok key', 'error E_NO_SNIFFER_KEY', 'ok answers', 'warning no-aes', 'error sniffer-has-no-key']
    })
  })

  it('tells what is missing here', async () => {
    const keyed = await double({ support: 'yes', exists: 'yes' })
    const codes = ['warning no-key', 'ok answers', 'error E_NEED_AES']
    expect(await of(tcp(keyed.address.port))).toMatchObject({ exit: 77, codes })
    const open = await double({ support: 'yes', exists: 'yes' }, { takesClear: true })
    open.answers.set('totalregisters', '0')
    expect(await of(tcp(open.address.port))).toMatchObject({ exit: 0, codes: [...codes.slice(0, 2), 'ok answers-in-clear'] })
    const noRow = await of(tcp(keyed.address.port), new NoKeyRowError('no row'))
    expect(noRow).toMatchObject({ exit: 78, codes: ['error E_NO_KEY_ROW', 'ok answers', 'error E_NEED_AES'] })
  })

  it('never uses a cipher that the key is too short for', async () => {
    const sniffer = await double({ support: 'yes', exists: 'yes' })
    const short = { key: recordedKey.key.subarray(0, 16), iv: recordedKey.iv }
    expect(await of(tcp(sniffer.address.port, short, 'aes-256-cbc'))).toMatchObject({ exit: 78, codes: ['error E_MANAGER_KEY'] })
    expect(sniffer.ran).toEqual([])
    const odd = { key: Buffer.alloc(20), iv: recordedKey.iv }
    expect((await of(tcp(sniffer.address.port, odd))).codes).toContain('warning odd-key')
  })

  it('tells a port without anybody, a web server, a silent one and an empty answer apart', async () => {
    expect(await of(tcp(1, recordedKey))).toMatchObject({ exit: 69, codes: ['ok key', 'error E_CONNECT'] })
    const web = await fakeSniffer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    expect(await of(tcp(web.address.port, recordedKey))).toMatchObject({ exit: 76, codes: ['ok key', 'error E_PROTOCOL'] })
    const stalled = await double({ support: 'yes', exists: 'yes' })
    stalled.hangs = true
    const silent = await of(tcp(stalled.address.port, recordedKey))
    expect(silent).toMatchObject({ exit: 75, codes: ['ok key', 'error E_TIMEOUT'] })
    expect(silent.findings.at(-1)!.hint).toMatch(/database/)
    const empty = await fakeSniffer((socket) => socket.end())
    expect(await of(tcp(empty.address.port))).toMatchObject({ exit: 76, codes: ['warning no-key', 'error E_PROTOCOL'] })
    const cut = await fakeSniffer((socket) => socket.end('aes:0123456789'))
    expect((await of(tcp(cut.address.port, recordedKey))).codes[1]).toBe('error E_CUT_REPLY')
  })

  it('looks at a unix socket first', async () => {
    const unix = (socket: string): Sensor => ({ name: 'one', address: { kind: 'unix', path: socket } })
    expect(await of(unix(path.join(scratchFolder(), 'none')))).toMatchObject({ exit: 1, codes: ['error E_SOCKET_ANSWER'] })
    expect(await of(unix(scratchFile('file', '')))).toMatchObject({ exit: 74, codes: ['error E_STRANGE_SOCKET'] })
    const sniffer = await snifferDouble({ path: path.join(scratchFolder(), 'vm.sock') })
    sniffer.answers.set('totalregisters', '0')
    expect(await of(unix(sniffer.address.path!))).toMatchObject({ exit: 0, codes: ['ok socket', 'warning no-key', 'ok answers'] })
  })
})
