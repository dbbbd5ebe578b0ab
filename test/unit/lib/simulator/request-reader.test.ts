import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Read, RequestReader } from '../../../../src/lib/simulator/request-reader.js'

const input = Buffer.from('Action: Ping\r\nActionID: \xe9 1\r\n\r\nAction: Ping\nActionID: 2\n\n\r\nX\0Y: z\r\n\r\n', 'latin1')
const wanted = [['Action: Ping', 'ActionID: \xe9 1'], ['Action: Ping', 'ActionID: 2'], [], ['X']]

function readAll(chunks: readonly Buffer[]): Read[] {
  const reader = new RequestReader()
  return chunks.flatMap((chunk) => reader.push(chunk))
}

const linesOf = (reads: readonly Read[]) => reads.map(({ request }) => request.lines)

describe('cutting what a client sends into actions', () => {
  it('takes CRLF and LF, whole and byte by byte', () => {
    expect(linesOf(readAll([input]))).toEqual(wanted)
    expect(linesOf(readAll([...input].map((byte) => Buffer.from([byte]))))).toEqual(wanted)
  })

  it('gives the same at every cut', () => {
    for (let at = 0; at <= input.length; at++)
      expect(linesOf(readAll([input.subarray(0, at), input.subarray(at)]))).toEqual(wanted)
  })

  it('survives any bytes, and gives the same however they are cut', () => {
    const bytes = fc.uint8Array({ maxLength: 4000 }).map((array) => Buffer.from(array))
    fc.assert(
      fc.property(bytes, fc.nat(4000), (garbage, at) => {
        const ended = Buffer.concat([garbage, Buffer.from('\n\n')])
        expect(linesOf(readAll([ended.subarray(0, at), ended.subarray(at)]))).toEqual(linesOf(readAll([ended])))
      })
    )
  })

  it('takes a line of 1023 bytes before its LF and refuses one more, but reads on after it', () => {
    const line = `ActionID: ${'a'.repeat(1013)}`
    const ping = Buffer.from('Action: Ping\n\n')
    expect(readAll([Buffer.from(`${line}\n\n`), ping]).map(({ problem }) => problem)).toEqual([undefined, undefined])
    const problem = 'Failed to parse message: line too long'
    expect(readAll([Buffer.from(`${line}aa\n\n`), ping]).map((read) => read.problem)).toEqual([problem, undefined])
    // The buffer is full just before the line feed, which then is an empty line: it ends the action, and the next one is an action without a name.
    expect(readAll([Buffer.from(`${line}a\n\n`), ping]).map((read) => read.problem)).toEqual([problem, undefined, undefined])
  })

  it('refuses more than 128 lines, with the ActionID if that came early', () => {
    const many = `ActionID: 7\n${'H: v\n'.repeat(128)}\n`
    const [read] = readAll([Buffer.from(many)])
    expect(read!.problem).toBe('Too many lines in message or allocation failure')
    expect(read!.request.get('ActionID')).toBe('7')
  })

  it.each([
    ['one endless line', 'a'],
    ['endless lines', 'H: v\n']
  ])('notices %s', (_name, text) => {
    const reader = new RequestReader()
    const chunk = Buffer.from(text.repeat(64 * 1024))
    for (let sent = 0; sent < 2 * 1024 * 1024; sent += chunk.length) reader.push(chunk)
    expect(reader.isEndless).toBe(true)
  })
})
