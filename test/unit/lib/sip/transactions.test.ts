import { describe, expect, it } from 'vitest'
import { makeAddress } from '../../../../src/lib/sip/address.js'
import { buildReply, buildRequest } from '../../../../src/lib/sip/build.js'
import { isReply, isRequest, type SipReply, type SipRequest } from '../../../../src/lib/sip/message.js'
import { Parameters } from '../../../../src/lib/sip/parameters.js'
import { parseDatagram } from '../../../../src/lib/sip/parse.js'
import { TimerWheel } from '../../../../src/lib/sip/timer-wheel.js'
import { TransactionTable } from '../../../../src/lib/sip/transaction-table.js'
import { defaultTimers } from '../../../../src/lib/sip/transport.js'
import { optionsLines, parseLines, withLines } from '../../support/sip-samples.js'

function requestOf(bytes: Buffer): SipRequest {
  const message = parseDatagram(bytes)
  if (!isRequest(message)) throw new Error('no request')
  return message
}

function replyOf(bytes: Buffer): SipReply {
  const message = parseDatagram(bytes)
  if (!isReply(message)) throw new Error('no reply')
  return message
}

/** A table with a clock of its own, and a flow that notes when what was sent. */
function world({ reliable = false, maxServerTransactions = 10 } = {}) {
  const clock = { now: 0 }
  const wheel = new TimerWheel({ now: () => clock.now, tickMs: 1 })
  const table = new TransactionTable({ wheel, timers: defaultTimers }, { maxServerTransactions })
  const sent: { at: number; what: string; bytes: Buffer }[] = []
  const flow = {
    protocol: reliable ? 'TCP' : 'UDP',
    reliable,
    send: (bytes: Buffer) => sent.push({ at: clock.now, what: bytes.toString('latin1').split(' ')[0]!, bytes })
  }
  const pass = (ms: number) => {
    for (const until = clock.now + ms; clock.now < until; ) {
      clock.now = Math.min(until, clock.now + Math.max(wheel.nextDelayMs() ?? ms, 0.5))
      wheel.advance()
    }
  }
  const times = (what?: string) => sent.filter((one) => what === undefined || one.what === what).map(({ at }) => Math.round(at))
  return { table, wheel, flow, sent, pass, times }
}

function client(method: string, options: { reliable?: boolean; timeoutMs?: number } = {}) {
  const at = world(options)
  const from = makeAddress('sip:a@example.org', undefined, new Parameters([{ name: 'tag', value: 'a1' }]))
  const via = { transport: at.flow.protocol, sentBy: '192.0.2.1', branch: 'z9hG4bKclient' }
  const to = makeAddress('sip:b@example.org')
  const request = buildRequest({ method, uri: 'sip:example.org', via, from, to, callId: 'c1', cseq: 5 })
  const seen: unknown[] = []
  const handlers = {
    onReply: (reply: SipReply) => seen.push(reply.start.status),
    onFailure: (reason: string) => seen.push(reason)
  }
  const transaction = at.table.send(request, at.flow, handlers, { timeoutMs: options.timeoutMs })
  const answer = (status: number) => at.table.receiveReply(replyOf(buildReply(requestOf(request.bytes), { status, toTag: 'b1' })))
  return { ...at, request, transaction, seen, answer }
}

describe('a request of ours that is no INVITE', () => {
  it('is repeated by timer E and given up by timer F (RFC 3261 17.1.2.2): 11 packets in 32 s', () => {
    const one = client('REGISTER')
    one.pass(60_000)
    expect(one.times()).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500])
    expect(one.seen).toEqual(['timeout'])
    expect([one.table.clientCount, one.wheel.size]).toEqual([0, 0])
  })

  it('is the same bytes each time', () => {
    const one = client('REGISTER')
    one.pass(5000)
    expect(new Set(one.sent.map(({ bytes }) => bytes)).size).toBe(1)
  })

  it('is repeated every T2 after a provisional reply, and no more after the final one, which is told once', () => {
    const one = client('REGISTER')
    one.pass(600)
    expect(one.answer(100)).toBe('matched')
    one.pass(9000)
    expect(one.times()).toEqual([0, 500, 1500, 5500, 9500])
    one.answer(200)
    one.answer(200)
    one.pass(4000)
    expect(one.answer(200)).toBe('matched')
    one.pass(2000)
    expect(one.answer(200)).toBe('unknown')
    expect([one.times().length, one.seen, one.wheel.size]).toEqual([5, [100, 200], 0])
  })

  it('is sent once over a reliable transport, and forgotten with its reply', () => {
    const one = client('REGISTER', { reliable: true })
    one.pass(31_000)
    expect(one.times()).toEqual([0])
    one.answer(200)
    one.pass(10)
    expect([one.table.clientCount, one.wheel.size]).toEqual([0, 0])
  })

  it('ends when its time or its transport ends', () => {
    const short = client('OPTIONS', { timeoutMs: 1000 })
    short.pass(2000)
    expect([short.seen, short.times()]).toEqual([['timeout'], [0, 500]])
    const lost = client('OPTIONS')
    lost.table.failFlow(lost.flow, new Error('gone'))
    lost.pass(60_000)
    expect([lost.seen, lost.times(), lost.transaction.state]).toEqual([['transport'], [0], 'terminated'])
  })

  it('is not moved by forged replies: another CSeq, Call-ID, From tag, method or branch', () => {
    const one = client('REGISTER')
    const good = buildReply(requestOf(one.request.bytes), { status: 200, toTag: 'b1' }).toString()
    const forge = (from: string, to: string) => {
      expect(good).toContain(from)
      return one.table.receiveReply(replyOf(Buffer.from(good.replace(from, to))))
    }
    expect([forge('CSeq: 5', 'CSeq: 6'), forge('c1', 'c2'), forge('tag=a1', 'tag=a2'), forge(';tag=a1', '')]).toEqual(
      Array(4).fill('forged')
    )
    expect([forge('5 REGISTER', '5 OPTIONS'), forge('Kclient', 'Kother')]).toEqual(['unknown', 'unknown'])
    expect([one.seen, one.transaction.state]).toEqual([[], 'calling'])
    expect([one.answer(200), one.seen]).toEqual(['matched', [200]])
  })
})

describe('an INVITE of ours', () => {
  it('is repeated by timer A, doubling without end, and given up by timer B', () => {
    const one = client('INVITE')
    one.pass(60_000)
    expect([one.times(), one.seen]).toEqual([[0, 500, 1500, 3500, 7500, 15_500, 31_500], ['timeout']])
  })

  it('waits as long as it rings', () => {
    const one = client('INVITE')
    one.answer(180)
    one.pass(600_000)
    expect([one.times(), one.seen, one.transaction.state]).toEqual([[0], [180], 'proceeding'])
  })

  it('acknowledges a refusal, every time that it comes, for 32 s', () => {
    const one = client('INVITE')
    one.answer(486)
    one.pass(31_000)
    one.answer(486)
    expect([one.times('ACK'), one.seen]).toEqual([[0, 31_000], [486]])
    const ack = requestOf(one.sent.find(({ what }) => what === 'ACK')!.bytes)
    expect([ack.via.branch, ack.to.tag, ack.cseq.number]).toEqual(['z9hG4bKclient', 'b1', 5])
    one.pass(2000)
    expect([one.answer(486), one.wheel.size]).toEqual(['unknown', 0])
  })

  it('hands every 2xx on for 32 s, which are the ones of forks too (RFC 6026), and sends no ACK by itself', () => {
    const one = client('INVITE')
    one.answer(200)
    one.pass(20_000)
    one.answer(200)
    one.answer(486)
    expect([one.seen, one.times('ACK'), one.transaction.state]).toEqual([[200, 200], [], 'accepted'])
    one.pass(13_000)
    expect(one.answer(200)).toBe('unknown')
  })
})

function server(method: string, options: { reliable?: boolean } = {}) {
  const at = world(options)
  const lines = withLines(optionsLines, 'CSeq: 7 OPTIONS')
  const linesOf = (name: string) => [
    lines[0]!.replace('OPTIONS', name),
    ...lines.slice(1).map((line) => line.replace('7 OPTIONS', `7 ${name}`))
  ]
  const request = (name = method) => parseLines(linesOf(name)) as SipRequest
  const seen: string[] = []
  const verdict = at.table.receiveRequest(request(), at.flow, { onNoAck: () => seen.push('no ack') })
  if (verdict.kind !== 'new') throw new Error(verdict.kind)
  const copy = (name = method) => at.table.receiveRequest(request(name), at.flow).kind
  return { ...at, request, seen, copy, transaction: verdict.transaction }
}

describe('a received request', () => {
  it('is answered once by the application, and its copies with the same reply for 32 s', () => {
    const one = server('OPTIONS')
    expect([one.copy(), one.times()]).toEqual(['absorbed', []])
    expect([one.transaction.reply({ status: 200, toTag: 't' }), one.transaction.reply({ status: 500 })]).toEqual([true, false])
    one.pass(31_000)
    expect(one.copy()).toBe('absorbed')
    expect(one.sent.map(({ bytes }) => bytes)).toEqual([one.sent[0]!.bytes, one.sent[0]!.bytes])
    one.pass(2000)
    expect([one.copy(), one.wheel.size]).toEqual(['new', 0])
  })

  it('is another one with another sent-by, and of RFC 2543 by all that it is', () => {
    const { table, flow } = world()
    const kind = (...changed: string[]) =>
      table.receiveRequest(parseLines(withLines(optionsLines, ...changed)) as SipRequest, flow).kind
    expect([kind(), kind(), kind('Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKabc')]).toEqual(['new', 'absorbed', 'new'])
    const old = 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK'
    expect([kind(old), kind(old), kind(old, 'Call-ID: c2')]).toEqual(['new', 'absorbed', 'new'])
  })

  it('is dropped over the limit', () => {
    const { table, flow } = world({ maxServerTransactions: 1 })
    expect(table.receiveRequest(parseLines(optionsLines) as SipRequest, flow).kind).toBe('new')
    const other = withLines(optionsLines, 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKother')
    expect(table.receiveRequest(parseLines(other) as SipRequest, flow).kind).toBe('overload')
  })
})

describe('a received INVITE', () => {
  it('has its refusal repeated by timer G until the ACK comes, and the ACK taken up by timer I', () => {
    const one = server('INVITE')
    one.transaction.reply({ status: 180, toTag: 't' })
    one.transaction.reply({ status: 486, toTag: 't' })
    one.pass(8000)
    expect(one.times()).toEqual([0, 0, 500, 1500, 3500, 7500])
    expect([one.copy('ACK'), one.transaction.state]).toEqual(['absorbed', 'confirmed'])
    one.pass(4000)
    expect([one.copy('ACK'), one.copy(), one.times().length]).toEqual(['absorbed', 'absorbed', 6])
    one.pass(2000)
    expect([one.table.serverCount, one.wheel.size, one.seen]).toEqual([0, 0, []])
  })

  it('is given up when no ACK comes (timer H)', () => {
    const one = server('INVITE', { reliable: true })
    one.transaction.reply({ status: 486, toTag: 't' })
    one.pass(33_000)
    expect([one.times(), one.seen, one.table.serverCount]).toEqual([[0], ['no ack'], 0])
  })

  it('has its 2xx repeated until the application has the ACK, which is not of the transaction', () => {
    const one = server('INVITE', { reliable: true })
    one.transaction.reply({ status: 200, toTag: 't' })
    one.pass(2000)
    expect([one.times(), one.copy('ACK')]).toEqual([[0, 500, 1500], 'ack'])
    one.transaction.acknowledge()
    one.pass(20_000)
    expect([one.copy(), one.times().length, one.table.serverCount]).toEqual(['absorbed', 3, 1])
    one.pass(20_000)
    expect([one.table.serverCount, one.seen]).toEqual([0, []])
  })

  it('is found by its CANCEL, which is a transaction of its own', () => {
    const one = server('INVITE')
    const cancel = one.request('CANCEL')
    expect(one.table.findCancelled(cancel)).toBe(one.transaction)
    expect(one.copy('CANCEL')).toBe('new')
    expect(one.table.serverCount).toBe(2)
    one.table.stop()
    expect([one.table.serverCount, one.wheel.size]).toEqual([0, 0])
  })
})
