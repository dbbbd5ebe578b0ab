import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { summariseCall } from '../../../../src/lib/voipmonitor/call-summary.js'
import { callColumns, registerColumns } from '../../../../src/lib/voipmonitor/columns.js'
import { decodeReply, type WholeReplyOptions } from '../../../../src/lib/voipmonitor/inflate.js'
import { JsonElements } from '../../../../src/lib/voipmonitor/json-elements.js'
import { ListDecoder } from '../../../../src/lib/voipmonitor/list-decoder.js'
import { Columns, ListRow } from '../../../../src/lib/voipmonitor/list-row.js'
import { readPlainSnifferStat, readSnifferStat, readTotal } from '../../../../src/lib/voipmonitor/sniffer-stat.js'
import { chunksOf } from '../../support/chunks.js'
import { readExchanges } from '../../support/voipmonitor-exchanges.js'

const exchanges = readExchanges()
const command = { name: 'listcalls', text: 'listcalls {}' }

async function* streamOf(chunks: Iterable<Buffer>) {
  yield* chunks
}

async function textOf(bytes: Buffer, options: Partial<WholeReplyOptions> = {}): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of decodeReply(streamOf(chunksOf(bytes, 1000)), { command, ...options })) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function listOf(n: number) {
  const { replyBytes, encryption } = exchanges.find((one) => one.n === n)!
  const decoder = new ListDecoder()
  const rows = decoder.push(await textOf(replyBytes, { encryption }))
  decoder.end()
  return { rows, totals: decoder.totals, columns: decoder.columns?.names }
}

const textOfExchange = async (n: number) => {
  const { replyBytes, encryption } = exchanges.find((one) => one.n === n)!
  return (await textOf(replyBytes, { encryption })).toString()
}
const withCode = (code: string) => expect.objectContaining({ code })

describe('recorded calls', () => {
  it('have the columns that we know', async () => {
    expect((await listOf(133)).columns).toEqual(callColumns)
    expect((await listOf(174)).columns).toEqual(registerColumns)
  })

  it('are decoded: addresses, codecs, MOS, VLAN', async () => {
    const { rows, totals } = await listOf(141)
    expect(totals).toMatchObject({ total: 3, idSensor: -1, isReceiver: false })
    expect(totals?.maps.ip_src).toEqual({ '127.0.10.1': 1, '127.0.10.2': 1, '127.0.10.3': 1 })
    const call = rows[0]!
    expect(call.raw('callerip')).toBe(2130708995)
    expect(call.toObject()).toMatchObject({
      ...{ callerip: '127.0.10.3', calledip: '127.0.20.3', rtp_src: '127.0.10.3', callercodec: 'PCMA', vlan: null },
      ...{ callerip_encaps: null, callerip_encaps_prot: null, calleragent: 'LabPhone/1.0', calledagent: null },
      // 4.5 in the first interval, which has no average yet.
      ...{ src_mosf2: 4.5, src_mosf2_avg: null, src_mosf2_min: 4.5, src_jitter: 0.344949, src_received: 252 }
    })
    expect(Object.keys(call.toObject())).toEqual(callColumns)
    expect(summariseCall(call)).toEqual({
      ...{
        startedAtS: 1795248071,
        durationS: 8,
        caller: 'sipuser',
        called: 'echo',
        callerIp: '127.0.10.3',
        calledIp: '127.0.20.3'
      },
      ...{ sipResponse: 200, codec: 'PCMA', mos: 4.5, lossPercent: 0, jitterMs: 0.344949, idSensor: -1 },
      callId: 'lab-call-3-1@127.0.10.3'
    })
  })

  it('without RTP have no MOS, though the sniffer sends 45', async () => {
    const { rows } = await listOf(230)
    expect(rows).toHaveLength(10)
    expect(rows[0]!.raw('src_mosf1')).toBe(45)
    expect(rows[0]!.get('src_mosf1')).toBeNull()
    expect(summariseCall(rows[0]!)).toMatchObject({
      mos: null,
      lossPercent: null,
      jitterMs: null,
      codec: 'PCMU',
      sipResponse: null
    })
  })

  it('may be counted only', async () => {
    expect(await listOf(138)).toEqual({
      rows: [],
      totals: { total: 3, idSensor: -1, isReceiver: false, isServer: false, maps: {} },
      columns: undefined
    })
  })

  it('keep IPv6 addresses, and take the worse side', () => {
    const columns = new Columns([
      'callerip',
      'src_mosf2',
      'dst_mosf2',
      'src_received',
      'dst_received',
      'rtp_src',
      'rtp_dst',
      'callercodec',
      'calledcodec'
    ])
    const call = new ListRow(columns, ['2001:db8::1', 41, 38, 5, 5, 'x', 'x', 9, 1234])
    expect(call.get('callerip')).toBe('2001:db8::1')
    expect(summariseCall(call)).toMatchObject({ mos: 3.8, codec: 'G722/1234' })
    expect(new ListRow(columns, [4294967295]).get('callerip')).toBe('255.255.255.255')
    expect(call.get('no such column')).toBeNull()
  })
})

describe('recorded registrations', () => {
  it('have a state by name', async () => {
    const { rows, totals } = await listOf(177)
    expect(totals?.total).toBe(3)
    expect(rows.map((row) => row.toObject())).toMatchObject([
      { from_num: '101', state: 'ManyRegMessages', sipcallerip: '127.0.0.1', is_sipalg_detected: false, vlan: null },
      { from_num: '102' }
    ])
  })
})

describe('a list', () => {
  it('that is cut anywhere is not taken for a whole one', async () => {
    const text = Buffer.from(await textOfExchange(174))
    for (let length = 0; length < text.length - 1; length++) {
      const decoder = new ListDecoder()
      decoder.push(text.subarray(0, length))
      expect(() => decoder.end(), `${length}`).toThrow(withCode('E_CUT_REPLY'))
    }
  })

  it.each([
    'x',
    '"text"',
    '5',
    '[1]',
    '[["a"],1]',
    '[["a"],["b"],]',
    '[["a"]["b"]]',
    '[["a"],,["b"]]',
    '[["a"]] x',
    '[[1]]',
    '[{}]',
    '[["a"],[[1]]]',
    '[["a"}]',
    `${'['.repeat(50)}`
  ])('that is none is refused: %s', (text) => {
    const decoder = new ListDecoder()
    const read = () => {
      decoder.push(Buffer.from(text))
      decoder.end()
    }
    expect(read).toThrow(withCode('E_PROTOCOL'))
  })

  it('may come through one buffer that is used again', () => {
    const text = Buffer.from('[["a","b"],["1","2"],["3","4"]]')
    const shared = Buffer.alloc(3)
    const decoder = new ListDecoder()
    const rows = chunksOf(text, 3).flatMap((chunk) => {
      chunk.copy(shared)
      const read = decoder.push(shared.subarray(0, chunk.length))
      shared.fill('x')
      return read
    })
    expect(rows.map((row) => row.toObject())).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' }
    ])
  })

  it('holds no row longer than its bound', () => {
    const elements = new JsonElements(100)
    expect(() => elements.push(Buffer.from(`[["${'x'.repeat(200)}`))).toThrow(withCode('E_PROTOCOL'))
  })

  it('of any JSON comes through as JSON.parse reads it, however it is cut', () => {
    const row = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        // What a search for brackets could stumble over.
        fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', ' ') }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(null, true)
      )
    )
    fc.assert(
      fc.property(fc.array(row), fc.integer({ min: 1, max: 40 }), fc.constantFrom(undefined, 1), (rows, size, space) => {
        const text = JSON.stringify(rows, null, space)
        const elements = new JsonElements()
        const read = chunksOf(Buffer.from(text), size).flatMap((chunk) => elements.push(chunk))
        elements.end()
        expect(read).toEqual(JSON.parse(text))
      })
    )
  })
})

describe('a gzipped reply', () => {
  const text = Buffer.from(JSON.stringify([['a'], ['b']]))
  it('that is cut is an error', async () => {
    const gzip = gzipSync(text)
    for (let length = 2; length < gzip.length; length++) {
      await expect(textOf(gzip.subarray(0, length)), `${length}`).rejects.toThrow(withCode('E_CUT_REPLY'))
    }
    expect(await textOf(gzip)).toEqual(text)
  })

  it('that is broken or too large is an error', async () => {
    const broken = gzipSync(text)
    broken.fill(0xff, 12, 16)
    await expect(textOf(broken)).rejects.toThrow(withCode('E_PROTOCOL'))
    await expect(textOf(gzipSync(Buffer.alloc(10_000_000)), { maxInflatedBytes: 1_000_000 })).rejects.toThrow(
      withCode('E_PROTOCOL')
    )
    await expect(textOf(Buffer.alloc(10_000, 'a'), { maxBytes: 9_000 })).rejects.toThrow(withCode('E_PROTOCOL'))
  })

  it('stays as it is when that is asked for', async () => {
    const kept = await textOf(gzipSync(text), { inflate: false })
    expect(gunzipSync(kept)).toEqual(text)
  })

  it('lets its reader stop early', async () => {
    for await (const chunk of decodeReply(streamOf(chunksOf(gzipSync(Buffer.alloc(10_000_000)), 100)), { command })) {
      expect(chunk.length).toBeGreaterThan(0)
      break
    }
  })

  it('passes on why its source failed', async () => {
    const failing = (async function* () {
      yield gzipSync(Buffer.alloc(1_000_000)).subarray(0, 100)
      throw new Error('the line is dead')
    })()
    const read = async () => {
      for await (const _ of decodeReply(failing, { command }));
    }
    await expect(read()).rejects.toThrow('the line is dead')
  })
})

describe('what a sniffer says of itself', () => {
  it('is read from the recorded sniffer_stat', async () => {
    expect(readSnifferStat(await textOfExchange(166))).toMatchObject({
      ...{ version: '2026.04.0', build: 'local_build', uptimeS: 390, calls: { active: 2, final: 2 }, packetDrops: 0 },
      ...{ memoryIsFull: false, residentMb: 114, virtualMb: 624, loadAverage: [0.96, 1.43, 1.2] },
      diskIo: { latency_ms: 0.33 },
      items: { tarQ: '0', t0CPU: '0.5/0.3%', traffic: '0.1/0.1Mb/s' }
    })
    expect(readSnifferStat(await textOfExchange(13))).toMatchObject({ calls: { active: 0 }, loadAverage: [2.03, 1.66, 1.08] })
  })

  it('is read from its plain form', async () => {
    const stat = readPlainSnifferStat(await textOfExchange(167))
    expect(stat.get('calls_active')).toBe('2,r:0')
    expect(stat.get('SQLf')).toBe('cdr: 1, charts_cache: 1')
    expect(() => readPlainSnifferStat('<html>')).toThrow(withCode('E_PROTOCOL'))
  })

  it('is refused when it is cut or something else', async () => {
    const text = await textOfExchange(13)
    expect(() => readSnifferStat(text.slice(0, 200))).toThrow(withCode('E_CUT_REPLY'))
    expect(() => readSnifferStat('<html>')).toThrow(withCode('E_PROTOCOL'))
    expect(() => readSnifferStat('{"pbStatString":5}')).not.toThrow()
  })

  it('is a number', async () => {
    expect(readTotal(await textOfExchange(165))).toBe(3)
    expect(() => readTotal('many')).toThrow(withCode('E_PROTOCOL'))
    expect(() => readTotal('')).toThrow(withCode('E_CUT_REPLY'))
  })
})
