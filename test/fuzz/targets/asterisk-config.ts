import assert from 'node:assert/strict'
import { ConfigDocument } from '../../../src/lib/asterisk-config/document.js'
import { MemoryFiles } from '../../../src/lib/asterisk-config/files.js'
import { expandBraces, matchesGlob } from '../../../src/lib/asterisk-config/glob.js'
import { loadConfig } from '../../../src/lib/asterisk-config/load.js'
import { parseLine } from '../../../src/lib/asterisk-config/parse-line.js'
import { parseApplication, splitArguments } from '../../../src/lib/dialplan/arguments.js'
import { findExtension } from '../../../src/lib/dialplan/find-extension.js'
import { parseTiming } from '../../../src/lib/dialplan/include-timing.js'
import { extensionKey } from '../../../src/lib/dialplan/pattern-key.js'
import { matchExtension } from '../../../src/lib/dialplan/pattern-match.js'
import { readDialplan } from '../../../src/lib/dialplan/read-dialplan.js'
import { substituteGlobals } from '../../../src/lib/dialplan/substitute.js'
import { checkExpression } from '../../../src/lib/dialplan-check/text/expression-syntax.js'
import { eachSubstitution, findSubstitutions } from '../../../src/lib/dialplan-check/text/substitutions.js'
import { ConfigError } from '../../../src/lib/errors.js'
import { jsonFixture, texts } from '../fixtures.js'
import { type FuzzTarget, outcome } from '../target.js'

const vectors = () =>
  jsonFixture<{ vectors: { text: string }[] }>('dialplan/config-vectors.json').vectors.map(({ text }) =>
    Buffer.from(text, 'latin1')
  )
const patterns = () =>
  jsonFixture<{ vectors: { contexts: Record<string, unknown[]>; dialled: string }[] }>('dialplan/pattern-vectors.json').vectors

const words = [
  '[a]',
  '[b](!)',
  '[c](a,b)',
  '[a](+)',
  '#include "b.conf"',
  '#tryinclude *.conf',
  '#exec x',
  ';--',
  '--;',
  '\\;',
  ' => ',
  ' += ',
  'exten => ',
  'same => n,',
  'include => '
]

const extensions = (): Buffer[] => [
  ...patterns().map(({ contexts }) =>
    Buffer.from(
      Object.entries(contexts)
        .map(([name, all]) => `[${name}]\n${all.map((one) => `exten => ${String(one)},1,NoOp()\n`).join('')}`)
        .join('')
    )
  ),
  ...texts(
    '[globals]\nA=1\n[c]\nexten => _X.,1(start),Dial(PJSIP/${EXTEN}@t,30,g)\n same => n,GotoIf($["${DIALSTATUS}" = "BUSY"]?busy:end)\n same => n+2(end),Hangup()\ninclude => d|9:00-17:00|mon-fri|*|*\nswitch => Realtime/x\n'
  )
]

export const asteriskConfigTargets: FuzzTarget[] = [
  {
    name: 'asterisk-config-load',
    promise: 'loadConfig throws nothing; every problem has a line of the file',
    corpus: vectors,
    words,
    check(input) {
      const files = new MemoryFiles({ 'a.conf': input, 'b.conf': '[x]\ny=z\n#include "a.conf"\n' })
      const { problems } = loadConfig('a.conf', files)
      const lines = input.toString('latin1').split('\n').length
      for (const { line, file } of problems)
        if (file.endsWith('a.conf')) assert(line >= 0 && line <= lines + 1, `line ${line} of ${lines}`)
    }
  },
  {
    name: 'asterisk-config-document',
    promise: 'a document that is not changed is the same bytes, whatever it says; what is set is read again',
    corpus: vectors,
    words,
    check(input) {
      const document = outcome(() => ConfigDocument.parse(input, 'a.conf'), ConfigError)
      if ('value' in document) assert.deepEqual(document.value.toBytes(), Buffer.from(input))
    }
  },
  {
    name: 'asterisk-config-line',
    promise: 'parseLine throws nothing, nor do globs',
    corpus: vectors,
    words: [...words, '{a,b}', '[!a]', '*', '?', '[a-'],
    check(input) {
      for (const line of input.toString('latin1').split('\n').slice(0, 40)) parseLine(line)
      const pattern = input.toString('latin1').slice(0, 60)
      assert(expandBraces(pattern).length <= 10_000, 'bounded')
      matchesGlob(pattern, 'extensions.conf')
    }
  },
  {
    name: 'dialplan',
    promise: 'readDialplan and findExtension throw nothing and end, whatever extensions.conf says',
    corpus: extensions,
    words: [...words, '_X.', '_[1-5]!', '${EXTEN:-4}', '$[', ',hint,', '/_12.', '(a)', 'n+1', 's-', '_!'],
    check(input, random) {
      const dialplan = readDialplan(loadConfig('extensions.conf', new MemoryFiles({ 'extensions.conf': input })))
      for (const context of [...dialplan.contexts.keys()].slice(0, 4)) {
        const extension = random.of(['123', 's', '0049301234', 'anna', '', 'i', '_X.'])
        findExtension(dialplan, { context, extension })
      }
    }
  },
  {
    name: 'dialplan-text',
    promise:
      'applications, arguments, patterns, timings, substitutions and expressions are taken apart without an exception; every part is in the text',
    corpus: () => [
      ...extensions(),
      ...texts(
        '${IF($["${A}" = "b"]?c:d)}',
        '$[${A} + 1 > (2 * 3) & "x" =~ "^a"]',
        '9:00-17:00|mon-fri|1-15|jan-mar',
        '${HASH(a,${B:1:-2})}'
      )
    ],
    words: ['${', '}', '$[', ']', '$', ':', '?', '"', '&', '=~', '(', ')', 'mon-fri', '23:59-'],
    check(input) {
      const text = input.toString('latin1').slice(0, 2_000)
      parseApplication(text)
      splitArguments(text)
      parseTiming(text)
      const line = text.split('\n')[0]!.slice(0, 80)
      extensionKey(line)
      matchExtension(line, '12345', 'match')
      substituteGlobals(
        text,
        new Map([
          ['A', '${A}${A}'],
          ['B', 'x']
        ])
      )
      for (const one of eachSubstitution(findSubstitutions(text))) {
        assert(one.start >= 0 && one.start <= one.end && one.end <= text.length, 'in the text')
        if (one.kind === 'expression') checkExpression(text, one)
      }
    }
  }
]
