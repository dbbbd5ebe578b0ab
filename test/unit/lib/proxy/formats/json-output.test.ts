import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonOutput } from '../../../../../src/lib/proxy/formats/json-output.js'
import { sseOutput } from '../../../../../src/lib/proxy/formats/sse.js'
import { blockOfBytes, generatedLines } from './generated-blocks.js'
import { blockOfLines } from './recorded.js'

const json = (block: Buffer) => jsonOutput.encode(block, 'server').toString()
const sse = (lines: readonly string[]) => sseOutput.encode(blockOfLines(lines), 'server').toString()

describe('JSON output', () => {
  it('is one line a block, with repeated headers as arrays and no trace of the empty line', () => {
    expect(json(blockOfLines(['Event: X', 'A: 1', 'A: 2']))).toBe('{"Event":"X","A":["1","2"]}\n')
    expect(json(Buffer.from('Event: X\r\n\n\r\n'))).toBe('{"Event":"X"}\n')
  })

  it('keeps bytes that are not UTF-8 beside the text', () => {
    const block = Buffer.concat([Buffer.from('A: '), Buffer.from([0xe9]), Buffer.from('\r\n\r\n')])
    expect(JSON.parse(json(block))).toEqual({ A: '\ufffd', $base64: { A: ['6Q=='] } })
  })

  it('has the text of an old command output as Output, and the header behind it', () => {
    const block = Buffer.from('Response: Follows\r\nPrivilege: Command\r\nA: 1\n\ntwo\n--END COMMAND--\r\nServer: pbx\r\n\r\n')
    expect(JSON.parse(json(block))).toEqual({
      Response: 'Follows',
      Privilege: 'Command',
      Output: ['A: 1', '', 'two'],
      Server: 'pbx'
    })
  })

  it('is one line of JSON, whatever a block holds', () => {
    fc.assert(
      fc.property(generatedLines, (lines) => {
        const text = json(blockOfBytes(lines))
        expect(text.search(/[\r\n]/)).toBe(text.length - 1)
        JSON.parse(text)
      })
    )
  })
})

describe('Server-Sent Events', () => {
  it('names the event and carries the block as JSON', () => {
    expect(sse(['Event: Hangup', 'Cause: 16'])).toBe('event: Hangup\ndata: {"Event":"Hangup","Cause":"16"}\n\n')
  })

  it('calls every answer Response', () => {
    expect(sse(['Response: Success', 'Event: x'])).toMatch(/^event: Response\ndata: /)
    expect(sse(['ProxyResponse: Success'])).toMatch(/^event: Response\ndata: /)
  })

  it("has the proxy's number as id, not one that a server made up before it", () => {
    expect(sse(['Event: X', 'ProxySequence: 1', 'ProxySequence: 42'])).toMatch(/^id: 42\nevent: X\n/)
    expect(sse(['Event: X', 'ProxySequence: 4 2'])).toMatch(/^event: X\n/)
  })

  it('never lets a block break the framing', () => {
    expect(sse(['Event: a\rdata: b'])).toMatch(/^event: a_data__b\ndata: /)
    expect(sse(['Event: '])).toMatch(/^event: Event\ndata: /)
    fc.assert(
      fc.property(generatedLines, (lines) => {
        const bytes = blockOfBytes([Buffer.concat([Buffer.from('Event: '), lines[0]!]), ...lines])
        const text = sseOutput.encode(bytes, 'server').toString()
        expect(text).toMatch(/^(id: \d+\n)?event: [\w.-]{1,64}\ndata: [^\r\n]+\n\n$/)
      })
    )
  })
})
