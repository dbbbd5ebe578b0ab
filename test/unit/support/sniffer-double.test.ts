import net from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { recordedKeyText, snifferDouble } from './replayed-sniffer.js'
import { scratchFolder } from './scratch.js'
import type { SnifferDouble } from './sniffer-double.js'
import { type Exchange, readExchanges } from './voipmonitor-exchanges.js'

const exchanges = readExchanges()

/** Sends the pieces one after the other and reads to the end. */
function talk({ address }: SnifferDouble, pieces: readonly (string | Buffer)[], { halfClose = false } = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = net.connect(address.path === undefined ? address : ({ path: address.path } as never), () => {
      for (const piece of pieces) socket.write(piece)
      if (halfClose) socket.end()
    })
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject).on('close', () => resolve(Buffer.concat(chunks)))
  })
}

/** Of another state than three calls, of another key, or with memory beyond a short key. */
const otherState = [48, 49, 50, 51, 52, 53, 54, 65, 109, 110, 111, 164]
const ofOneState = (one: Exchange) => {
  const isAboutRecordedKey = !one.encrypted || one.crypto?.key === recordedKeyText.key
  return one.n <= 168 && isAboutRecordedKey && one.close === 'server closed' && !one.chunks && !otherState.includes(one.n)
}

describe('the sniffer double', () => {
  const replayable = exchanges.filter(
    (one) => ofOneState(one) && one.transport === 'tcp' && !/^manager_file|^(totalcalls|sniffer_stat)/.test(one.command ?? '')
  )

  it('has most of the recordings to answer', () => expect(replayable.length).toBeGreaterThan(70))

  for (const one of replayable.filter(({ n }) => n < 133 || n > 135)) {
    it(`answers ${one.title} with the recorded bytes`, async () => {
      const sniffer = await snifferDouble({ waitMs: 20 })
      expect((await talk(sniffer, [one.request])).equals(one.replyBytes)).toBe(true)
    })
  }

  it('waits for more after a line end, and answers at once after two, or a half-close', async () => {
    const sniffer = await snifferDouble({ waitMs: 200 })
    const timed = async (text: string, halfClose = false) => {
      const before = performance.now()
      expect((await talk(sniffer, [text], { halfClose })).toString()).toBe('2026.04.0')
      return performance.now() - before
    }
    expect(await timed('getversion\n')).toBeGreaterThan(195)
    const quick = [await timed('getversion\r\n\r\n'), await timed('getversion\n', true), await timed('getversion\r\n\r\n')]
    expect(Math.min(...quick)).toBeLessThan(195)
  })

  it('answers one request of a connection, and cuts a ciphertext at the first end mark', async () => {
    const sniffer = await snifferDouble({ waitMs: 20 })
    expect((await talk(sniffer, ['getversion\r\n\r\ngetbuild\r\n\r\n'])).toString()).toBe('2026.04.0')
    expect(sniffer.ran).toEqual(['getversion'])
    const collision = exchanges.find(({ n }) => n === 107)!
    expect(await talk(sniffer, [collision.request])).toEqual(collision.replyBytes)
  })

  it('runs the first command whose name occurs in a text that begins with none', async () => {
    const sniffer = await snifferDouble({ key: undefined })
    expect((await talk(sniffer, ['please getversion now\r\n\r\n'])).toString()).toBe('2026.04.0')
    expect((await talk(sniffer, ['nothing\r\n\r\n'])).toString()).toBe('command not found\n')
  })

  it('answers everything in clear on a unix socket', async () => {
    const sniffer = await snifferDouble({ path: path.join(scratchFolder(), 'vm.sock') })
    const { request } = exchanges.find(({ n }) => n === 170)!
    expect(JSON.parse((await talk(sniffer, [request])).toString())).toHaveLength(4)
    const overTcp = await snifferDouble()
    expect((await talk(overTcp, [request])).toString()).toBe('need aes!\n')
  })

  it('works out lists of calls that were not recorded, from the rows that were', async () => {
    const sniffer = await snifferDouble({ key: undefined })
    for (const [n, asked] of [
      [139, '{"limit": 2}'],
      [138, '{"limit": 0}'],
      [142, '{"sort_field": "duration","sort_dir":"asc"}'],
      [152, '{"filter":{"caller":"1002","callerd_type":"0"}}'],
      [154, '{"filter":{"sipcallerip":"127.0.10.2"}}'],
      [155, '{"filter":{"sipcallerip":"10.9.9.9"}}'],
      [157, '{"filter":{"codec":"8"}}']
    ] as const) {
      const { command } = exchanges.find((one) => one.n === n)!
      const wanted = await talk(sniffer, [`${command}\r\n\r\n`])
      const rows = (bytes: Buffer) => JSON.stringify([JSON.parse(bytes.toString())].flat().slice(0, n === 142 ? 2 : undefined))
      expect(rows(await talk(sniffer, [`listcalls ${asked}\r\n\r\n`])), asked).toBe(rows(wanted))
    }
  })
})
