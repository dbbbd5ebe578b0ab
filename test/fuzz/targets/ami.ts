import assert from 'node:assert/strict'
import { readActions } from '../../../src/lib/ami/action-input.js'
import { Block } from '../../../src/lib/ami/block.js'
import { BlockParser } from '../../../src/lib/ami/block-parser.js'
import { encodeBlock } from '../../../src/lib/ami/encode.js'
import { blockToJson } from '../../../src/lib/ami/json.js'
import { DataError, ProtocolError, UnsafeHeaderError } from '../../../src/lib/errors.js'
import { parseEventFilter } from '../../../src/lib/proxy/filter/asterisk-event-filter.js'
import { fixtures, jsonFixture, recordedLines, texts } from '../fixtures.js'
import { pieces } from '../mutate.js'
import { type FuzzTarget, outcome, outcomeLater, sameInPieces } from '../target.js'

const words = [
  'Action: ',
  'Event: ',
  'Response: ',
  'ActionID: ',
  'Output: ',
  'Response: Follows\r\n',
  'Message: Command output follows',
  'Asterisk Call Manager/'
]
const session = () => Buffer.from(jsonFixture<string[]>('ami/asterisk-22-session.json').join(''), 'latin1')

const parserOf = (from: 'server' | 'client'): FuzzTarget => ({
  name: `ami-blocks-${from}`,
  promise: 'BlockParser gives the same blocks however the stream is cut, no byte more than came, and throws ProtocolError only',
  corpus: () => [session(), ...fixtures('ami/calls'), ...recordedLines(from === 'server' ? 'S' : 'C')],
  words,
  check(bytes, random) {
    // A block that ends is judged; of one that has begun, pieces show earlier that a header is too long.
    const input = Buffer.concat([bytes, Buffer.from('\r\n--END COMMAND--\r\n\r\n\r\n')])
    sameInPieces(input, random, (chunks) => {
      const parser = new BlockParser({ from, maxHeaderBytes: 2_048, maxBlockBytes: 8_192 })
      const seen: string[] = []
      const result = outcome(() => {
        for (const chunk of chunks) for (const block of parser.push(chunk)) seen.push(block.bytes.toString('latin1'))
      }, ProtocolError)
      assert(seen.join('').length <= input.length, 'no more than came')
      for (const text of seen) {
        const block = new Block(Buffer.from(text, 'latin1'), from)
        JSON.stringify(blockToJson(block))
        block.get('ActionID')
      }
      return { seen, failed: 'error' in result }
    })
  }
})

export const amiTargets: FuzzTarget[] = [
  parserOf('server'),
  parserOf('client'),
  {
    name: 'ami-action-input',
    promise: 'readActions (stdin of ami send) gives fields that can be encoded, or throws DataError or UnsafeHeaderError',
    corpus: () => [
      ...recordedLines('C'),
      ...texts(
        '{"Action":"Ping"}\n{"Action":"Originate","Variable":["a=1","b=2"]}\n',
        '[{"Action":"Ping"},{"Action":"CoreStatus"}]',
        'Action: Ping\n\nAction: Command\nCommand: core show channels\n\n'
      )
    ],
    words,
    async check(input, random) {
      async function* stream() {
        yield* pieces(input, random)
      }
      await outcomeLater(
        async () => {
          for await (const fields of readActions(stream())) {
            const [block] = new BlockParser({ from: 'client' }).push(encodeBlock(fields))
            assert(block, 'one whole block')
          }
        },
        DataError,
        UnsafeHeaderError
      )
    }
  },
  {
    name: 'ami-event-filter',
    promise: 'parseEventFilter gives a rule or throws DataError: a regular expression of POSIX cannot harm',
    corpus: () =>
      texts(
        '!Event: RTCP',
        'Channel: PJSIP/(alice|bob)-[0-9a-f]{8}',
        'name(Newchannel),header(Channel),method(starts_with) PJSIP/',
        '^Exten: [[:digit:]]+$',
        'a{2,5}b*?'
      ),
    words: ['[[:alpha:]]', '{1,255}', '(a|b)*', '\\(', 'action(include)', 'header(', 'method(regex)'],
    check(input) {
      outcome(() => parseEventFilter(input.toString()), DataError)
    }
  }
]
