import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../../../src/lib/errors.js'
import { Protocol1Client } from '../../../../src/lib/tunnel/protocol-1-client.js'
import { Protocol1Server } from '../../../../src/lib/tunnel/protocol-1-server.js'

const login = Protocol1Client.login('jicksta', 'secret')

describe('Protocol1Server', () => {
  const first = (text: string | Buffer) => new Protocol1Server().push(Buffer.from(text))?.type

  it('refuses what is no login, as soon as that is certain', () => {
    expect(first('hello\n')).toBe('refused')
    expect(first('\n')).toBe('refused')
    expect(first('a'.repeat(33))).toBe('refused')
    expect(first('A'.repeat(32).concat('\n'))).toBe('refused')
    expect(first(`${'a'.repeat(32)}\r\n`)).toBe('refused')
    expect(first(';touch /tmp/agitunnel-pwn;#aaaaa\n')).toBe('refused')
    expect(first('a'.repeat(32))).toBeUndefined()
  })

  it('tells of a client that speaks before its call, with its login or later', () => {
    expect(first(Buffer.concat([login, Buffer.from('ANSWER\n')]))).toBe('early')
    const server = new Protocol1Server()
    server.push(login)
    server.accept()
    expect(server.push(Buffer.from('x'))).toEqual({ type: 'early' })
    expect(server.push(Buffer.from('x'))).toBeUndefined()
  })

  it('starts no call before the client is accepted, and no second one', () => {
    const server = new Protocol1Server()
    expect(() => server.startCall(Buffer.from('\n'), '1')).toThrow(ProtocolError)
    server.push(login)
    expect(() => server.startCall(Buffer.from('\n'), '1')).toThrow(ProtocolError)
    server.accept()
    server.startCall(Buffer.from('agi_network: yes\n\n'), '1')
    expect(() => server.startCall(Buffer.from('\n'), '1')).toThrow(ProtocolError)
    expect(server.push(Buffer.from('NOOP\n'))).toEqual({ type: 'data', bytes: Buffer.from('NOOP\n') })
  })

  it('never throws, and never has more than one event for whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const server = new Protocol1Server()
        const events = chunks.map((chunk) => server.push(Buffer.from(chunk))).filter((event) => event !== undefined)
        expect(events.length).toBeLessThanOrEqual(1)
      })
    )
  })
})

describe('Protocol1Client', () => {
  const events = (text: string) => new Protocol1Client().push(Buffer.from(text, 'latin1'))

  it('obeys a wait, within reason', () => {
    expect(events('wait 10\n')).toEqual([{ type: 'wait', seconds: 10 }])
    expect(events('wait 999999999\n')).toEqual([{ type: 'wait', seconds: 86_400 }])
    expect(events('wait -1\n')).toEqual([{ type: 'unexpected', line: 'wait -1' }])
  })

  it('takes the start signal for one, and its call number', () => {
    const [, call] = events('authentication accepted\ncall 42\nagi_network: yes\n\n')
    expect(call).toMatchObject({ type: 'call', callId: '42' })
    const [, unnamed] = events('authentication accepted\nwhatever this is\nagi_network: yes\n\n')
    expect(unnamed).toMatchObject({ type: 'call', callId: undefined })
  })

  it('hears that it is to go over to another protocol', () => {
    expect(events('upgrade required AGIT/2,AGIT/3 use\x1b[2Jpbxkit\n')).toEqual([
      { type: 'upgrade', versions: ['AGIT/2', 'AGIT/3'], text: 'use?[2Jpbxkit' }
    ])
    expect(events('upgrade required AGIT/2\n')).toEqual([{ type: 'upgrade', versions: ['AGIT/2'], text: undefined }])
    expect(events('upgrade required\n')).toEqual([{ type: 'unexpected', line: 'upgrade required' }])
  })

  it('takes no answer of another kind of server', () => {
    expect(events('HTTP/1.1 400 Bad Request\r\n')).toEqual([{ type: 'unexpected', line: 'HTTP/1.1 400 Bad Request\r' }])
    expect(events('authentication accepted\ncall 1\nno header\n')[1]).toEqual({ type: 'unexpected', line: 'no header' })
    expect(events('authentication accepted\ncall 1\n\n')[1]).toEqual({ type: 'unexpected', line: '' })
  })

  it('keeps no more of a server than a call can have', () => {
    expect(() => events('x'.repeat(8_192))).toThrow(ProtocolError)
    const many = `authentication accepted\ncall 1\n${'agi_x: y\n'.repeat(257)}`
    expect(events(many)[1]).toMatchObject({ type: 'unexpected' })
    const long = `authentication accepted\ncall 1\n${`agi_x: ${'y'.repeat(8_000)}\n`.repeat(9)}`
    expect(events(long)[1]).toMatchObject({ type: 'unexpected' })
  })

  it('throws nothing but a ProtocolError, whatever comes', () => {
    const piece = fc.constantFrom(
      'authentication accepted\n',
      'call 1\n',
      'agi_x: y\n',
      '\n',
      'wait 5\n',
      'x',
      '\0',
      '200 result=0\n'
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const client = new Protocol1Client()
        for (const text of pieces) client.push(Buffer.from(text))
      })
    )
  })
})
