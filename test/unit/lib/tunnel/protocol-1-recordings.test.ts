import { describe, expect, it } from 'vitest'
import { Protocol1Client, type Protocol1ClientEvent } from '../../../../src/lib/tunnel/protocol-1-client.js'
import { reverseHeaders, tokenOf } from '../../../../src/lib/tunnel/protocol-1-messages.js'
import { Protocol1Server, protocol1Defaults, protocol1Original } from '../../../../src/lib/tunnel/protocol-1-server.js'
import { chunksOf } from '../../support/chunks.js'
import { originalServerRecordings, type Recording, recordingText } from '../../support/tunnel-recordings.js'

const accounts = new Map(['jicksta', 'bob'].map((user) => [tokenOf(user, 'secret'), user]))
const recordings = originalServerRecordings()

/** Actors whose connection the original no longer took: it had crashed. */
const refused = ({ steps }: Recording) => new Set(steps.filter(({ kind }) => kind === 'refused').map(({ actor }) => actor))

/** Plays a recording against our server as the original's, and gives what each side gets of it. */
function replay(recording: Recording, chunkSize: number): { received: Map<string, string>; closed: Set<string> } {
  const received = new Map<string, string>()
  const closed = new Set<string>()
  const servers = new Map<string, Protocol1Server>()
  const idle = new Map<string, string>()
  let headers: Buffer = Buffer.alloc(0)
  let inCall: string | undefined
  const give = (actor: string, bytes: Buffer) => received.set(actor, (received.get(actor) ?? '') + bytes.toString('latin1'))
  const end = (actor: string, bytes: Buffer) => {
    give(actor, bytes)
    closed.add(actor)
  }
  const gone = refused(recording)
  for (const { actor, kind, bytes } of recording.steps) {
    if (kind !== 'sent' || gone.has(actor)) continue
    if (actor === 'asterisk') {
      const text = bytes.toString('latin1')
      const user = /^200 result=1 \((.*)\)\n$/.exec(text)?.[1]
      if (inCall) give(inCall, bytes)
      else if (text.startsWith('agi_')) headers = bytes
      else if (user && idle.has(user)) {
        inCall = idle.get(user)!
        give(inCall, servers.get(inCall)!.startCall(headers, 'x'))
      }
      // What it answers to the SET VARIABLE before a call is no part of the call.
      if (inCall && text === '200 result=1\n') received.set(inCall, received.get(inCall)!.slice(0, -text.length))
      continue
    }
    const server = servers.get(actor) ?? new Protocol1Server(protocol1Original)
    servers.set(actor, server)
    for (const chunk of chunksOf(bytes, chunkSize)) {
      const event = server.push(chunk)
      if (event?.type === 'refused') end(actor, server.refuse())
      else if (event?.type === 'data') give('asterisk', event.bytes)
      else if (event?.type === 'login') {
        const user = accounts.get(event.token)
        if (!user) end(actor, server.refuse())
        else if (idle.has(user)) end(actor, server.wait(10))
        else {
          give(actor, server.accept())
          idle.set(user, actor)
        }
      }
    }
  }
  return { received, closed }
}

/** All that an actor got, by the recording. */
const recorded = ({ steps }: Recording, actor: string) =>
  steps
    .filter((step) => step.actor === actor && step.kind === 'received')
    .map(({ bytes }) => bytes.toString('latin1'))
    .join('')

describe('protocol 1, with the recordings of the original server', () => {
  it('has them', () => {
    expect(recordings.map(({ name }) => name.replace(/.*: /, ''))).toEqual(
      expect.arrayContaining([
        'wrongpw',
        'shortline',
        'notconnected',
        'novar',
        'happy',
        'slowloris',
        'inject',
        'idle',
        'emptyline',
        'dup'
      ])
    )
  })

  for (const recording of recordings) {
    const gone = refused(recording)
    const clients = [...new Set(recording.steps.map(({ actor }) => actor))].filter(
      (actor) => actor !== 'asterisk' && !gone.has(actor)
    )

    it(`sends every client the same bytes: ${recording.name}`, () => {
      for (const chunkSize of [1, 1000]) {
        const { received, closed } = replay(recording, chunkSize)
        for (const client of clients) {
          expect(received.get(client) ?? '', client).toBe(recorded(recording, client))
          // The original closes for its own reasons too: five minutes without a call, the end of a call.
          const isRefusal = /^(authentication failed|wait \d+)\n$/.test(recorded(recording, client))
          expect(closed.has(client), `${client} is closed`).toBe(isRefusal)
        }
        const ofCall = recorded(recording, 'asterisk').replace(/^(GET|SET) VARIABLE (SANDBOX_USERNAME|BRIDGE_OUTCOME "\w+")/g, '')
        expect(received.get('asterisk') ?? '').toBe(ofCall.replace(/^SET VARIABLE BRIDGE_OUTCOME "\w+"/, ''))
      }
    })

    it(`is read by our client: ${recording.name}`, () => {
      for (const client of clients) {
        const bytes = Buffer.from(recorded(recording, client), 'latin1')
        for (const chunkSize of [1, 7, 1000])
          expect(summary(bytes, chunkSize), client).toEqual(expectedSummary(recording, client))
      }
    })
  }

  it('logs in with the recorded bytes', () => {
    const logins = recordings.flatMap(({ steps }) => steps.filter(({ kind, actor }) => kind === 'sent' && actor !== 'asterisk'))
    const sent = new Set(logins.map(({ bytes }) => bytes.toString('latin1')))
    expect(sent).toContain(Protocol1Client.login('jicksta', 'secret').toString())
    expect(sent).toContain(Protocol1Client.login('jicksta', 'wrong').toString())
    expect(sent).toContain(Protocol1Client.login('bob', 'secret').toString())
  })
})

/** What our client makes of a server's bytes: its events, with the bytes of the call joined. */
function summary(bytes: Buffer, chunkSize: number): string[] {
  const client = new Protocol1Client()
  const words: string[] = []
  let data = ''
  const tell = (event: Protocol1ClientEvent) => {
    if (event.type === 'data') data += event.bytes.toString('latin1')
    else if (event.type === 'call') words.push(`call ${event.headers.toString('latin1')}`)
    else words.push(event.type === 'wait' ? `wait ${event.seconds}` : event.type)
  }
  for (const chunk of chunksOf(bytes, chunkSize)) for (const event of client.push(chunk)) tell(event)
  return data ? [...words, `data ${data}`] : words
}

function expectedSummary(recording: Recording, client: string): string[] {
  const text = recorded(recording, client)
  if (text === '') return []
  if (text === 'authentication failed\n') return ['failed']
  if (text === 'wait 10\n') return ['wait 10']
  const sentByAsterisk = recording.steps.filter(({ actor, kind }) => actor === 'asterisk' && kind === 'sent')
  const headers = sentByAsterisk[0]!.bytes.toString('latin1')
  return ['accepted', `call ${headers}`, 'data 200 result=0\nHANGUP\n']
}

describe('protocol 1, with the client of old', () => {
  /** What sandbox.rb does with a socket: a line that is the answer, a line that it throws away, then AGI. */
  function sandboxRb(bytes: string): { answer: string; headers: string[] } {
    const [answer, , ...rest] = bytes.split('\n')
    return { answer: answer!, headers: rest.slice(0, rest.indexOf('')) }
  }

  it('gives it all 22 headers in order, as it was recorded', () => {
    const log = recordingText('original-ruby-client-vs-prototype.txt')
    const [, count, first, last] = /HEADERS (\d+) first="(.*?)" last="(.*?)"/.exec(log)!
    const block = [first!, ...Array.from({ length: Number(count) - 2 }, (_, i) => `agi_arg_${i}: x`), last!]
    const server = new Protocol1Server(protocol1Defaults)
    server.push(Protocol1Client.login('jicksta', 'secret'))
    const bytes = Buffer.concat([server.accept(), server.startCall(Buffer.from(`${block.join('\n')}\n\n`), '7')])
    expect(sandboxRb(bytes.toString())).toEqual({ answer: 'authentication accepted', headers: block })
  })

  it('gives our own client the same from every kind of server', () => {
    const block = Buffer.from('agi_network: yes\nagi_request: agi://h/\nagi_threadid: 1\nagi_arg_1: a\n\n')
    for (const accept of ['at login', 'at call'] as const)
      for (const startSignal of [true, false])
        for (const headerOrder of ['as sent', 'reversed'] as const) {
          const server = new Protocol1Server({ accept, startSignal, headerOrder })
          server.push(Protocol1Client.login('jicksta', 'secret'))
          const bytes = Buffer.concat([server.accept(), server.startCall(block, '7'), Buffer.from('200 result=0\n')])
          expect(summary(bytes, 5)).toEqual(['accepted', `call ${block}`, 'data 200 result=0\n'])
        }
    expect(reverseHeaders(reverseHeaders(block)).equals(block)).toBe(true)
  })
})
