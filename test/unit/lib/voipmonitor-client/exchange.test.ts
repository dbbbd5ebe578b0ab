import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { parseCommand } from '../../../../src/lib/voipmonitor/command.js'
import { parseManagerKey } from '../../../../src/lib/voipmonitor/encryption.js'
import { encodeEncryptedRequest, encodePlainRequest } from '../../../../src/lib/voipmonitor/request.js'
import { ask, exchange } from '../../../../src/lib/voipmonitor-client/exchange.js'
import { fakeSniffer, replayedSniffer } from '../../support/replayed-sniffer.js'
import { scratchFolder } from '../../support/scratch.js'
import { readExchanges, sha256 } from '../../support/voipmonitor-exchanges.js'

const recorded = (n: number) => readExchanges().find((one) => one.n === n)!
const key = parseManagerKey(recorded(46).crypto!)
const plain = (text: string) => encodePlainRequest(parseCommand(text))
const withAes = (text: string) => encodeEncryptedRequest(parseCommand(text), key)
const withCode = (code: string, message = /./) => expect.objectContaining({ code, message: expect.stringMatching(message) })

describe('an exchange', () => {
  it('is one write and one answer, over TCP', async () => {
    const sniffer = await replayedSniffer()
    expect((await ask(sniffer.address, plain('getversion'))).toString()).toBe('2026.04.0')
    expect(sniffer.received).toEqual([[Buffer.from('getversion\r\n\r\n')]])
  })

  it('is the same over a unix socket', async () => {
    const sniffer = await replayedSniffer(path.join(scratchFolder(), 'vm.sock'))
    expect((await ask(sniffer.address, plain('getverbuild'))).toString()).toBe('2026.04.0 (local_build)')
  })

  it('is encrypted, and inflated', async () => {
    const sniffer = await replayedSniffer()
    const text = await ask(sniffer.address, withAes('listcalls {"limit":10}'))
    expect(sha256(text)).toBe(recorded(230).reply.plainSha256)
    const zipped = await ask(sniffer.address, withAes('active_call_info {"callreference":"0x55fb37996000","zip":"yes"}'))
    expect(sha256(zipped)).toBe(recorded(164).reply.plainSha256)
  })

  it('fails as the sniffer says, and closes the connection', async () => {
    const sniffer = await replayedSniffer()
    await expect(ask(sniffer.address, plain('getfile x'))).rejects.toThrow(withCode('E_NEED_AES'))
    await vi.waitFor(() => expect(sniffer.open.size).toBe(0))
  })

  it('with a web server is refused, encrypted or not', async () => {
    const web = await fakeSniffer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await expect(ask(web.address, withAes('getversion'))).rejects.toThrow(withCode('E_PROTOCOL', /is a web server/))
    await expect(ask(web.address, plain('getversion'))).rejects.toThrow(withCode('E_PROTOCOL', /is a web server/))
    await expect(ask(web.address, withAes('getfile x'), { expects: 'bytes' })).rejects.toThrow(withCode('E_PLAIN_REPLY'))
  })
})

it('an answer may have a line of HTTP further down', async () => {
  const sniffer = await fakeSniffer((socket) => {
    socket.setNoDelay(true)
    socket.write('some text of a diagnosis\n', () => setImmediate(() => setImmediate(() => socket.end('HTTP/1.1 200 OK\n'))))
  })
  const chunks: string[] = []
  for await (const chunk of exchange(sniffer.address, plain('printspool'))) chunks.push(chunk.toString())
  expect(chunks.join('')).toBe('some text of a diagnosis\nHTTP/1.1 200 OK\n')
})

describe('an exchange that does not come to its end', () => {
  it('fails when nobody listens', async () => {
    const address = { host: '127.0.0.1', port: 0, path: path.join(scratchFolder(), 'none.sock') }
    await expect(ask(address, plain('getversion'))).rejects.toThrow(withCode('E_CONNECT'))
  })

  it('waits for the first byte, and for each further one, so long and no longer', async () => {
    const silent = await fakeSniffer(() => {})
    const options = { timeouts: { firstByteMs: 20, idleMs: 20 } }
    await expect(ask(silent.address, plain('getversion'), options)).rejects.toThrow(
      withCode('E_TIMEOUT', /no answer within 0.02 s/)
    )
    const stuck = await fakeSniffer((socket) => socket.write('a beginning that is no error text'))
    await expect(ask(stuck.address, plain('help'), { timeouts: { idleMs: 20 } })).rejects.toThrow(
      withCode('E_TIMEOUT', /nothing more of the answer within 0.02 s/)
    )
    await vi.waitFor(() => expect(silent.open.size + stuck.open.size).toBe(0))
  })

  it('waits for the whole answer no longer than is asked for', async () => {
    const drip = await fakeSniffer((socket) => {
      const timer = setInterval(() => socket.write('drip'), 5)
      socket.on('close', () => clearInterval(timer))
    })
    await expect(ask(drip.address, plain('help'), { timeouts: { totalMs: 50 } })).rejects.toThrow(
      withCode('E_TIMEOUT', /no whole answer/)
    )
  })

  it('tells a connection that was reset', async () => {
    const rude = await fakeSniffer((socket) => socket.resetAndDestroy())
    await expect(ask(rude.address, plain('getversion'))).rejects.toThrow(withCode('E_CONNECTION_LOST'))
  })

  it('tells an encrypted answer that was cut', async () => {
    const cut = await fakeSniffer((socket) => socket.end(recorded(48).replyBytes.subarray(0, 500)))
    await expect(ask(cut.address, withAes('listcalls'))).rejects.toThrow(withCode('E_CUT_REPLY'))
  })

  it('ends with its signal', async () => {
    const silent = await fakeSniffer(() => controller.abort(new Error('enough')))
    const controller = new AbortController()
    await expect(ask(silent.address, plain('getversion'), { signal: controller.signal })).rejects.toThrow('enough')
    await vi.waitFor(() => expect(silent.open.size).toBe(0))
  })

  it('closes the connection when the reader stops early, zipped or not', async () => {
    for (const text of [Buffer.alloc(3_000_000, 'text '), gzipSync(Buffer.alloc(30_000_000)).subarray(0, 20_000)]) {
      const endless = await fakeSniffer((socket) => socket.write(text))
      for await (const _ of exchange(endless.address, plain('help'))) break
      await vi.waitFor(() => expect(endless.open.size).toBe(0))
    }
  })
})
