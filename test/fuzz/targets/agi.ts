import assert from 'node:assert/strict'
import { AgiEncodeError } from '../../../src/lib/agi/errors.js'
import { AgiGuard, type GuardStep } from '../../../src/lib/agi/guard.js'
import { encodeHeaderBlock, HeaderBlockReader } from '../../../src/lib/agi/header-block.js'
import { ReplyReader } from '../../../src/lib/agi/reply-reader.js'
import { quoteWord, splitWords } from '../../../src/lib/agi/words.js'
import { ProtocolError } from '../../../src/lib/errors.js'
import { jsonFixture } from '../fixtures.js'
import { pieces } from '../mutate.js'
import { type FuzzTarget, outcome, sameInPieces } from '../target.js'

/** What one side said in the recorded calls: A is Asterisk, C the application. */
function recorded(side: 'A' | 'C'): Buffer[] {
  const calls = jsonFixture<{ segments: [who: string, text: string][] }[]>('agi/recordings.json')
  const said = calls.map(({ segments }) =>
    segments
      .filter(([who]) => (who.startsWith('A') ? 'A' : 'C') === side)
      .map(([, text]) => text)
      .join('')
  )
  return said.filter((text) => text !== '').map((text) => Buffer.from(text, 'latin1'))
}

const words = [
  'agi_request: ',
  '200 result=0\n',
  '200 result=1 (',
  ' endpos=',
  '520-Invalid',
  '520 End of proper usage.\n',
  'HANGUP\n',
  '100 Trying',
  'EXEC Dial "',
  'GET VARIABLE ',
  'SET VARIABLE ',
  'failure\n',
  '"',
  '\\"'
]

export const agiTargets: FuzzTarget[] = [
  {
    name: 'agi-headers',
    promise: 'HeaderBlockReader gives the same headers however they are cut, and throws ProtocolError only',
    corpus: () => recorded('A'),
    words,
    check(input, random) {
      sameInPieces(input, random, (chunks) => {
        const reader = new HeaderBlockReader({ maxBytes: 4_096 })
        const result = outcome(() => {
          for (const [index, chunk] of chunks.entries()) {
            const done = reader.push(chunk)
            if (done) {
              const entries = [...done.headers.entries]
              // A name that Asterisk could not have sent is read, and not written.
              outcome(() => encodeHeaderBlock(entries), AgiEncodeError)
              return { entries, rest: Buffer.concat([done.rest, ...chunks.slice(index + 1)]).toString('latin1') }
            }
          }
          return undefined
        }, ProtocolError)
        return { seen: 'value' in result ? [result.value] : [], failed: 'error' in result }
      })
    }
  },
  {
    name: 'agi-replies',
    promise: 'ReplyReader gives the same replies however they are cut, and throws ProtocolError only',
    corpus: () => recorded('A'),
    words,
    check(input, random) {
      sameInPieces(input, random, (chunks) => {
        const reader = new ReplyReader({ maxBytes: 2_048 })
        const seen: unknown[] = []
        const result = outcome(() => {
          for (const chunk of chunks) seen.push(...reader.push(chunk))
        }, ProtocolError)
        return { seen, failed: 'error' in result }
      })
    }
  },
  {
    name: 'agi-guard',
    promise: 'AgiGuard throws nothing, sends Asterisk whole lines only, one at a time, and never one that is denied',
    corpus: () => recorded('C'),
    words: [...words, 'SYSTEM', 'EXEC System "rm"', 'SET VARIABLE "SHELL(x)" y', '\0', '\\'],
    check(input, random) {
      const guard = new AgiGuard()
      const sent: Buffer[] = []
      const take = ({ toAsterisk, dropped }: Pick<GuardStep, 'toAsterisk' | 'dropped'>) => {
        // A call that is given up ends with several lines of the guard's own.
        if (dropped === undefined) assert(toAsterisk.length <= 1, 'one at a time')
        for (const line of toAsterisk) {
          assert.equal(line.at(-1), 10, 'a whole line')
          sent.push(line)
        }
      }
      for (const chunk of pieces(input, random)) {
        take(guard.fromApplication(chunk))
        if (guard.outstanding) {
          const { toApplication, ...step } = guard.fromAsterisk(Buffer.from('200 result=0\n'))
          assert(Buffer.concat(toApplication).includes('200 result=0\n'), 'what Asterisk says passes')
          take(step)
        }
      }
      take(guard.applicationEnded())
      // SET VARIABLE of the outcome is the guard's own.
      for (const line of sent)
        assert(
          !/^[ \t]*(exec[ \t]+"?(system|trysystem)"?[ \t\n]|database[ \t]|asyncagi[ \t])/i.test(line.toString('latin1')),
          `denied: ${line}`
        )
    }
  },
  {
    name: 'agi-words',
    promise: 'a word that is quoted is read back as the same word',
    corpus: () => recorded('C'),
    words,
    check(input) {
      splitWords(input.toString('latin1'))
      const word = input
        .toString('latin1')
        .replace(/[\0\r\n]/g, '')
        .slice(0, 500)
      if (word !== '') assert.deepEqual(splitWords(`VERBOSE ${quoteWord(word)} 1`), ['VERBOSE', word, '1'])
    }
  }
]
