import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actionFromJson, readActions } from '../../../../src/lib/ami/action-input.js'
import { encodeBlock, type Field } from '../../../../src/lib/ami/encode.js'
import { DataError, UnsafeHeaderError } from '../../../../src/lib/errors.js'
import { chunksOf, everyCut } from '../../support/chunks.js'

async function* stream(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks
}

async function read(...chunks: (string | Buffer)[]): Promise<Field[][]> {
  const actions: Field[][] = []
  for await (const action of readActions(stream(chunks.map((chunk) => Buffer.from(chunk as string))))) actions.push(action)
  return actions
}

/** Asserts what is read, however the bytes arrive. */
async function expectActions(text: string, expected: Field[][]): Promise<void> {
  for (const { how, chunks } of everyCut(Buffer.from(text))) expect(await read(...chunks), how).toEqual(expected)
}

const ping: Field[] = [['Action', 'Ping']]
const hangup: Field[] = [
  ['Action', 'Hangup'],
  ['Channel', 'PJSIP/Жук-1']
]

describe('readActions: blocks', () => {
  it('reads blocks, the last one without its empty line', async () => {
    await expectActions('Action: Ping\n\nAction: Hangup\r\nChannel: PJSIP/Жук-1\r\n\r\n', [ping, hangup])
    await expectActions('Action: Ping\n\nAction: Hangup\nChannel: PJSIP/Жук-1\n', [ping, hangup])
    await expectActions('Action: Ping\r\n\r\nAction: Hangup\r\nChannel: PJSIP/Жук-1', [ping, hangup])
  })

  it('skips blank lines at the beginning', async () => {
    await expectActions('\n\r\n\nAction: Ping\n', [ping])
  })

  it('leaves a byte order mark out', async () => {
    await expectActions('\ufeffAction: Ping\n\n', [ping])
    await expectActions('\ufeff{"Action":"Ping"}', [ping])
  })

  it('gives an action out before the input ends', async () => {
    const actions = readActions(
      (async function* () {
        yield Buffer.from('Action: Ping\n\nAction: ')
        throw new Error('read too far')
      })()
    )
    expect((await actions.next()).value).toEqual(ping)
  })

  it('sees the headers of a block that calls itself Response: Follows', async () => {
    expect(await read('Response: Follows\nAction: Ping\n')).toEqual([
      [
        ['Response', 'Follows'],
        ['Action', 'Ping']
      ]
    ])
  })

  it('says in which action a line has no colon', async () => {
    await expect(read('Action: Ping\n\nAction: Ping\nnonsense\n')).rejects.toThrow(
      /^Action 2 on stdin has a line without a colon: "nonsense"$/
    )
  })

  it('bounds a line and a block', async () => {
    await expect(read(`Action: ${'x'.repeat(70_000)}`)).rejects.toThrow(DataError)
    await expect(read('Action: Ping\n\n', ...chunksOf(Buffer.from('A: 1\n'.repeat(300_000)), 65_536))).rejects.toThrow(
      /^Action 2 on stdin/
    )
  })
})

describe('readActions: JSON', () => {
  it('reads one document on one line or several', async () => {
    await expectActions('{"Action":"Ping"}', [ping])
    await expectActions('\n{\n  "Action": "Hangup",\n  "Channel": "PJSIP/Жук-1"\n}\n', [hangup])
  })

  it('reads an array', async () => {
    await expectActions('[{"Action":"Ping"},\n {"Action":"Hangup","Channel":"PJSIP/Жук-1"}]', [ping, hangup])
  })

  it('reads NDJSON, the last line without its end, blank lines skipped', async () => {
    await expectActions('{"Action":"Ping"}\r\n\n{"Action":"Hangup","Channel":"PJSIP/Жук-1"}', [ping, hangup])
  })

  it('gives a line of NDJSON out before the input ends', async () => {
    const actions = readActions(
      (async function* () {
        yield Buffer.from('{"Action":"Ping"}\n{"Act')
        throw new Error('read too far')
      })()
    )
    expect((await actions.next()).value).toEqual(ping)
  })

  it('refuses an empty object: as an empty line on the wire nobody would answer it', async () => {
    await expect(read('{}')).rejects.toThrow(new DataError('An action in stdin has no fields'))
    await expect(read('{"Action":"Ping"}\n{}\n')).rejects.toThrow(DataError)
  })

  it('quotes nothing of what is no JSON: a secret may stand there', async () => {
    await expect(read('{"Action":"Login","Secret":hunter2}')).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter') })
    )
  })

  it('names the line that is no JSON', async () => {
    await expect(read('{"Action":"Ping"}\n\n{"Action":\n{"Action":"Ping"}\n')).rejects.toThrow(
      /^There is no valid JSON in line 3 of stdin/
    )
    await expect(read('{"Action":"Ping"}\n{"Action"')).rejects.toThrow(/line 2 of stdin/)
    await expect(read('{"Action"')).rejects.toThrow(DataError)
  })

  it('refuses JSON that is not UTF-8', async () => {
    await expect(read(Buffer.from('{"Action":"\xff"}', 'latin1'))).rejects.toThrow('The JSON on stdin is not UTF-8')
    await expect(read(Buffer.from('{"Action":"\xd0', 'latin1'))).rejects.toThrow(DataError)
  })

  it.each(['[1]', '["x"]', '[null]', '[[]]'])('refuses %s: an action is an object', async (text) => {
    await expect(read(text)).rejects.toThrow(/is not a JSON object/)
  })

  it('bounds a line', async () => {
    const long = Buffer.from(`{"Action":"${'x'.repeat(2_000_000)}`)
    await expect(read('{"Action":"Ping"}\n', ...chunksOf(long, 65_536))).rejects.toThrow(/longer than 1 MiB/)
    await expect(read(...chunksOf(long, 65_536))).rejects.toThrow(/longer than 1 MiB/)
  })

  it('bounds a document of many lines', async () => {
    const chunk = Buffer.from(`${' '.repeat(1023)}\n`.repeat(8192))
    let taken = 0
    const endless = (async function* () {
      yield Buffer.from('[\n')
      for (; taken < 20; taken++) yield chunk
    })()
    await expect(readActions(endless).next()).rejects.toThrow(DataError)
    expect(taken).toBeLessThan(12)
  })
})

describe('readActions: nothing', () => {
  it('reads no action from no input', async () => {
    expect(await read()).toEqual([])
    expect(await read('', ' \n', '\r\n')).toEqual([])
  })

  it('bounds blank input', async () => {
    await expect(read(...Array.from({ length: 40 }, () => ' '.repeat(65_536)))).rejects.toThrow(DataError)
  })
})

describe('readActions: any actions', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}$/).filter((text) => text !== 'Action')
  const value = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\r\n\0]/.test(text))
  const action = fc
    .tuple(value, fc.array(fc.tuple(name, value), { maxLength: 5 }))
    .map(([verb, fields]): Field[] => [['Action', verb], ...fields])

  it('are read back from blocks in any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 100 }),
        async (actions, size) => {
          expect(await read(...chunksOf(Buffer.concat(actions.map(encodeBlock)), size))).toEqual(actions)
        }
      )
    )
  })

  it('are read back from NDJSON in any chunks', async () => {
    const json = fc.dictionary(name, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })), { maxKeys: 4 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(json, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 100 }),
        async (objects, size) => {
          const text = objects.map((object) => `${JSON.stringify({ Action: 'X', ...object })}\n`).join('')
          const expected = objects.map((object) => [
            ['Action', 'X'],
            ...Object.entries(object)
              .flatMap(([key, values]) => [values].flat().map((one) => [key, one]))
              .sort(([a], [b]) => Number(b!.toLowerCase() === 'action') - Number(a!.toLowerCase() === 'action'))
          ])
          expect(await read(...chunksOf(Buffer.from(text), size))).toEqual(expected)
        }
      )
    )
  })
})

describe('actionFromJson', () => {
  it('puts Action first and repeats the header of an array', () => {
    expect(actionFromJson({ Variable: ['a=1', 'b=2'], Async: true, Priority: 1, action: 'Originate' }, 'x')).toEqual([
      ['action', 'Originate'],
      ['Variable', 'a=1'],
      ['Variable', 'b=2'],
      ['Async', 'true'],
      ['Priority', '1']
    ])
  })

  it.each([
    ['null', null],
    ['an object', {}],
    ['an object', [[1]]],
    ['null', ['a', null]]
  ])('refuses %s as a value', (what, value) => {
    expect(() => actionFromJson({ Action: 'X', Field: value }, 'line 3')).toThrow(new RegExp(`^Field in line 3 is ${what}`))
  })

  it('refuses an integer that JSON could not keep exact', () => {
    expect(actionFromJson({ N: Number.MAX_SAFE_INTEGER, M: 0.1 }, 'x')).toEqual([
      ['N', '9007199254740991'],
      ['M', '0.1']
    ])
    expect(() => actionFromJson(JSON.parse('{"N":9007199254740993}'), 'x')).toThrow(/too large to be exact/)
  })

  it('refuses line breaks in names and values', () => {
    expect(() => actionFromJson({ Channel: 'x\r\nAction: Evil' }, 'x')).toThrow(UnsafeHeaderError)
    expect(() => actionFromJson({ 'A\n': 'x' }, 'x')).toThrow(UnsafeHeaderError)
  })

  it('keeps a field that is called __proto__', () => {
    expect(actionFromJson(JSON.parse('{"__proto__":"x"}'), 'x')).toEqual([['__proto__', 'x']])
  })
})
