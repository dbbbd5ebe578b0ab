import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { PbxkitError, ProtocolError } from '../../../src/lib/errors.js'
import { parseCommand } from '../../../src/lib/voipmonitor/command.js'
import { CutReplyError } from '../../../src/lib/voipmonitor/errors.js'
import { decodeReply } from '../../../src/lib/voipmonitor/inflate.js'
import { ListDecoder } from '../../../src/lib/voipmonitor/list-decoder.js'
import { ReplyDecoder } from '../../../src/lib/voipmonitor/reply-decoder.js'
import { readPlainSnifferStat, readSnifferStat } from '../../../src/lib/voipmonitor/sniffer-stat.js'
import { fixture, jsonFixture, texts } from '../fixtures.js'
import { pieces } from '../mutate.js'
import { type FuzzTarget, outcome, outcomeLater, sameInPieces } from '../target.js'

interface Exchange {
  request: string
  reply?: { base64?: string }
}

const exchanges = () => jsonFixture<Exchange[]>('voipmonitor/exchanges.json')
const replies = () => exchanges().flatMap(({ reply }) => (reply?.base64 ? [Buffer.from(reply.base64, 'base64')] : []))
const requests = () => exchanges().map(({ request }) => Buffer.from(request, 'base64'))
const lists = () => ['224.gz', '226.gz', '227-plain.gz'].map((name) => gunzipSync(fixture(`voipmonitor/${name}`)))
const small = (all: Buffer[]) => all.map((bytes) => bytes.subarray(0, 8_192))

const words = [
  '[[',
  ']]',
  '],[',
  '{"total":',
  'null',
  '"',
  '\\u0000',
  'aes:',
  '\u001f\u008b\u0008',
  'need encrypted',
  'bad key',
  '1e400'
]

export const voipmonitorTargets: FuzzTarget[] = [
  {
    name: 'voipmonitor-list',
    promise: 'ListDecoder gives the same rows however the answer is cut, and throws ProtocolError or CutReplyError only',
    corpus: () => [
      ...small(lists()),
      ...small(replies()),
      ...texts('[["id","caller"],[{"total":2}],[1,"a"],[2,null]]', '{"total":0}')
    ],
    words,
    check(input, random) {
      sameInPieces(input, random, (chunks) => {
        const decoder = new ListDecoder()
        const rows: unknown[] = []
        const result = outcome(
          () => {
            for (const chunk of chunks) rows.push(...decoder.push(chunk).map((row) => row.toObject()))
            decoder.end()
          },
          ProtocolError,
          CutReplyError
        )
        return { seen: rows, failed: 'error' in result }
      })
    }
  },
  {
    name: 'voipmonitor-reply',
    promise: 'ReplyDecoder gives the same text however the answer is cut, no more than came, and throws errors of ours only',
    corpus: () => small(replies()),
    words,
    check(input, random) {
      sameInPieces(input, random, (chunks) => {
        const decoder = new ReplyDecoder({ command: { name: 'listcalls', text: 'listcalls' } })
        let text = ''
        const result = outcome(() => {
          for (const chunk of chunks) text += Buffer.concat(decoder.push(chunk)).toString('latin1')
          text += Buffer.concat(decoder.end()).toString('latin1')
        }, PbxkitError)
        return { seen: 'error' in result ? [] : [text], failed: 'error' in result }
      })
    }
  },
  {
    name: 'voipmonitor-gzip',
    promise: 'decodeReply inflates up to its limit, and ends with an error of ours for everything that is broken',
    corpus: () => [fixture('voipmonitor/226.gz').subarray(0, 8_192), fixture('voipmonitor/227-plain.gz'), ...small(replies())],
    words,
    async check(input, random) {
      async function* stream() {
        yield* pieces(input, random)
      }
      let bytes = 0
      await outcomeLater(async () => {
        const options = { command: { name: 'listcalls', text: 'listcalls' }, maxInflatedBytes: 100_000 }
        for await (const chunk of decodeReply(stream(), options)) bytes += chunk.length
      }, PbxkitError)
      assert(bytes <= 200_000, `${bytes} bytes came out`)
    }
  },
  {
    name: 'voipmonitor-texts',
    promise: 'sniffer_stat, plain or JSON, and commands are read, or refused with an error of ours',
    corpus: () => [...small(replies()), ...requests()],
    words: [...words, 'listcalls {"limit":', 'd 5 ', '\n'],
    check(input) {
      const text = input.toString('latin1')
      outcome(() => readSnifferStat(text), PbxkitError)
      outcome(() => readPlainSnifferStat(text), PbxkitError)
      const command = outcome(() => parseCommand(text), PbxkitError)
      if ('value' in command) assert(!/[\0]/.test(command.value.text), 'no NUL in a command')
    }
  }
]
