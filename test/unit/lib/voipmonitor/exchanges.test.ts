import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PbxkitError } from '../../../../src/lib/errors.js'
import { parseCommand } from '../../../../src/lib/voipmonitor/command.js'
import { parseManagerKey } from '../../../../src/lib/voipmonitor/encryption.js'
import { decodeReply } from '../../../../src/lib/voipmonitor/inflate.js'
import { ListDecoder } from '../../../../src/lib/voipmonitor/list-decoder.js'
import { ReplyDecoder } from '../../../../src/lib/voipmonitor/reply-decoder.js'
import { encodeEncryptedRequest, encodePlainRequest } from '../../../../src/lib/voipmonitor/request.js'
import { chunksOf } from '../../support/chunks.js'
import { type Exchange, readExchanges, sha256 } from '../../support/voipmonitor-exchanges.js'

const exchanges = readExchanges()

/** What we refuse to send. Where a command stands in the recording it is that; else what was sent, as if somebody had typed it. */
const refused: Record<string, readonly number[]> = {
  // Nothing, a blank before it, several lines, or "aes" at its beginning.
  E_COMMAND_TEXT: [36, 39, 41, 42, 43, 44, 45, 91, 92, 93, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 192, 223],
  E_UNKNOWN_COMMAND: [34, 35, 37, 38, 74, 94, 222],
  E_COMMAND_PARAMETERS: [144, 146, 158, 159, 160, 161, 162],
  // Ciphers that the sniffer does not know, or that give the text away.
  E_MANAGER_KEY: [75, 84, 85, 86, 87, 88, 89, 90]
}
const refusalOf = codeByNumber(refused)

/** What we send otherwise, and the recording that has our bytes. */
const sentAs: Record<string, readonly [recorded: number, ours: number][]> = {
  'with the end that is answered at once': [
    ...([
      [1, 3],
      [2, 3],
      [4, 3],
      [5, 3],
      [47, 46],
      [111, 50],
      [115, 116],
      [171, 116],
      [185, 116]
    ] as [number, number][])
  ],
  'with what a command needs behind its name': [
    [52, 53],
    [56, 57],
    [175, 53],
    [191, 26]
  ],
  'under the one name of the cipher': [
    [76, 101],
    [77, 101],
    [79, 78],
    [81, 80],
    [82, 80],
    [83, 80]
  ],
  'in another cipher, as the end mark stands in the ciphertext': [[107, 108]]
}
const twins = new Map(Object.values(sentAs).flat())

/** Undefined behaviour of the sniffer: only what it answered counts. */
const replyOnly = [214, 215, 216]

/** What is no answer but a failure. */
const failed: Record<string, readonly number[]> = {
  E_NEED_AES: [24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 38, 193, 236],
  E_COMMAND_NOT_FOUND: [34, 35, 43, 74, 94, 222],
  E_UNREADABLE_REQUEST: [93, 95, 96, 97, 98, 99, 100, 103, 107],
  E_WRONG_KEY: [91, 105, 198, 215, 217],
  E_WRONG_IV: [106, 132, 216],
  E_NO_SNIFFER_KEY: [188, 201, 221]
}
const failureOf = codeByNumber(failed)

function codeByNumber(table: Record<string, readonly number[]>): Map<number, string> {
  return new Map(Object.entries(table).flatMap(([code, numbers]) => numbers.map((n) => [n, code] as const)))
}

function encode({ command, crypto, encrypted, request }: Exchange): Buffer {
  const parsed = parseCommand(command ?? request.toString('latin1'))
  if (!encrypted) return encodePlainRequest(parsed).bytes
  return encodeEncryptedRequest(parsed, parseManagerKey(crypto!), crypto!.cipherOnWire).bytes
}

const commandOf = ({ command }: Exchange) => ({ name: (command ?? '').split(/[ \t]/)[0]!, text: command ?? '' })

/** The text, or the code of the failure. */
async function decode(exchange: Exchange, chunks: readonly Buffer[]): Promise<Buffer | string> {
  const stream = (async function* () {
    yield* chunks
  })()
  try {
    const text: Buffer[] = []
    for await (const chunk of decodeReply(stream, { command: commandOf(exchange), encryption: exchange.encryption }))
      text.push(chunk)
    return Buffer.concat(text)
  } catch (error) {
    return codeOf(error)
  }
}

function codeOf(error: unknown): string {
  const { code } = error as PbxkitError
  if (!code?.startsWith('E_')) throw error
  return code
}

function expected(exchange: Exchange): string {
  return failureOf.get(exchange.n) ?? exchange.reply.plainSha256 ?? sha256(exchange.replyBytes)
}

const outcome = (decoded: Buffer | string) => (typeof decoded === 'string' ? decoded : sha256(decoded))

describe('the recorded exchanges', () => {
  it('are 236', () => expect(exchanges).toHaveLength(236))
})

describe('a recorded request', () => {
  for (const exchange of exchanges.filter(({ n }) => !replyOnly.includes(n))) {
    const refusal = refusalOf.get(exchange.n)
    const twin = exchanges.find(({ n }) => n === twins.get(exchange.n))
    if (refusal) {
      it(`${exchange.title} is refused: ${refusal}`, () => {
        expect(() => encode(exchange)).toThrow(expect.objectContaining({ code: refusal }))
      })
    } else if (twin) {
      it(`${exchange.title} is sent as ${twin.title}`, () => {
        expect(encode(exchange)).toEqual(twin.request)
        expect(exchange.request).not.toEqual(twin.request)
      })
    } else {
      it(`${exchange.title} is sent byte for byte`, () => expect(encode(exchange)).toEqual(exchange.request))
    }
  }
})

describe('a recorded reply', () => {
  for (const exchange of exchanges) {
    const { replyBytes } = exchange
    it(`${exchange.title}: ${failureOf.get(exchange.n) ?? `${replyBytes.length} bytes are read`}`, async () => {
      const want = expected(exchange)
      expect(outcome(await decode(exchange, [replyBytes]))).toBe(want)
      // A large one byte by byte takes seconds and shows no more: in pieces of a size that no block has.
      const pieces = chunksOf(replyBytes, replyBytes.length > 20_000 ? 997 : 1)
      expect(outcome(await decode(exchange, pieces))).toBe(want)
    })
  }

  it('is the same however its bytes are cut', async () => {
    const small = exchanges.filter(({ replyBytes }) => replyBytes.length > 1 && replyBytes.length < 20_000)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...small), fc.array(fc.nat(), { maxLength: 12 }), async (exchange, cuts) => {
        const { replyBytes } = exchange
        const at = [0, ...cuts.map((cut) => cut % replyBytes.length).sort((a, b) => a - b), replyBytes.length]
        const chunks = at.slice(1).map((end, i) => replyBytes.subarray(at[i], end))
        expect(outcome(await decode(exchange, chunks)), exchange.title).toBe(expected(exchange))
      }),
      { numRuns: 400 }
    )
  })

  it('that ends too early is never taken for a whole one, when it is encrypted', () => {
    const isBlockCipher = ({ encryption }: Exchange) => /cbc|ecb/.test(encryption?.cipher.name ?? '')
    const encrypted = exchanges.filter(
      (one) =>
        one.reply.encrypted && !one.reply.gzip && !failureOf.has(one.n) && isBlockCipher(one) && one.replyBytes.length < 3000
    )
    let cuts = 0
    for (const exchange of encrypted) {
      const { length } = exchange.replyBytes
      // Everywhere in the beginning and at the end; between them, where a block ends and where none does.
      for (let at = 1; at < length; at += at < 70 || at > length - 35 ? 1 : 13, cuts++) {
        const decoder = new ReplyDecoder({ command: commandOf(exchange), encryption: exchange.encryption })
        const read = () => [...decoder.push(exchange.replyBytes.subarray(0, at)), ...decoder.end()]
        expect(read, `${exchange.title} cut at ${at}`).toThrow(expect.objectContaining({ code: 'E_CUT_REPLY' }))
      }
    }
    expect(cuts).toBeGreaterThan(5000)
  }, 20_000)
})

describe('a recorded list', () => {
  const lists = exchanges.filter(
    ({ n, command, close }) => /^(listcalls|listregisters)/.test(command ?? '') && !failureOf.has(n) && close === 'server closed'
  )

  it('is there in every form', () => expect(lists.length).toBeGreaterThan(60))

  for (const exchange of lists) {
    it(`${exchange.title} gives its columns, totals and rows`, async () => {
      const text = (await decode(exchange, [exchange.replyBytes])) as Buffer
      const whole = JSON.parse(text.toString())
      const [columns, ...rest] = Array.isArray(whole) ? whole : [undefined, [whole]]
      const totals = rest[0]?.[0]?.total === undefined ? undefined : rest.shift()[0]
      for (const size of [text.length, 4096, ...(text.length < 4000 ? [1] : [])]) {
        const decoder = new ListDecoder()
        const rows = chunksOf(text, size).flatMap((chunk) => decoder.push(chunk))
        decoder.end()
        expect(decoder.columns?.names).toEqual(columns)
        expect(decoder.totals?.total).toBe(totals?.total)
        expect(rows).toHaveLength(rest.length)
        expect(rows.map((row) => row.columns.names.map((name) => row.raw(name)))).toEqual(
          rest.map((row: unknown[]) => row.slice(0, columns.length))
        )
      }
    })
  }
})
