import type { Random } from './random.js'

/** Longer inputs than this show nothing that shorter ones do not, and slow the run down. Limits of parsers have tests of their own. */
const maxInputBytes = 16 * 1024

/** What has broken parsers before: ends of lines and of strings, quotes, brackets, numbers at an edge, bytes that are no UTF-8. */
const commonWords = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    '\0',
    '\u001a',
    '\u001b[2J',
    '\ufeff',
    '\u2028',
    ' ',
    '\t',
    ':',
    '=',
    '=>',
    ';',
    ',',
    '"',
    "'",
    '\\',
    '%',
    '%0a',
    '%00'
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '<',
    '>',
    '<!--',
    ']]>',
    '&#0;',
    '&lt;',
    '$'.concat('{'),
    '$[',
    '_X.',
    '__proto__',
    'constructor',
    'toString'
  ],
  ...['0', '-1', '00', '2147483648', '4294967296', '9007199254740993', '1e999', 'NaN', 'null', 'true', '18446744073709551616'],
  ...['--END COMMAND--', 'a'.repeat(300), '('.repeat(200), '['.repeat(2_000), '{"a":'.repeat(500), '\r\n'.repeat(100)]
].map((text) => Buffer.from(text))
const brokenUtf8 = [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf8, 0x88], [0x80]].map((bytes) => Buffer.from(bytes))

/** A new input: one of the corpus, changed in one to eight places. @param words of the language that is fuzzed */
export function mutate(corpus: readonly Buffer[], words: readonly Buffer[], random: Random): Buffer {
  let bytes = random.of(corpus)
  // A window of a long recording: each part gets its turn.
  if (bytes.length > 4_096 && random.below(4) > 0) {
    const start = random.below(bytes.length - 1_024)
    bytes = bytes.subarray(start, start + 1_024 + random.below(4_096))
  }
  for (let changes = random.below(8) + 1; changes > 0; changes--) bytes = change(bytes, corpus, words, random)
  return bytes.length > maxInputBytes ? bytes.subarray(0, maxInputBytes) : bytes
}

function change(bytes: Buffer, corpus: readonly Buffer[], words: readonly Buffer[], random: Random): Buffer {
  const at = random.below(bytes.length + 1)
  const until = Math.min(bytes.length, at + 1 + random.below(random.below(3) === 0 ? 200 : 8))
  const put = (piece: Buffer, from = at, to = at) => Buffer.concat([bytes.subarray(0, from), piece, bytes.subarray(to)])
  switch (random.below(9)) {
    case 0:
      return put(Buffer.alloc(0), at, until)
    case 1:
      return put(random.of(commonWords))
    case 2:
      return put(random.of(words.length > 0 ? words : commonWords), at, random.below(2) === 0 ? until : at)
    case 3:
      return put(bytes.subarray(at, until))
    case 4: {
      const other = random.of(corpus)
      const start = random.below(other.length + 1)
      return put(other.subarray(start, start + random.below(300)), at, until)
    }
    case 5:
      return put(Buffer.from([random.below(256)]), at, at + 1)
    case 6: {
      const flipped = Buffer.from(bytes)
      if (flipped.length > 0) flipped[at % flipped.length]! ^= 1 << random.below(8)
      return flipped
    }
    case 7:
      return put(random.of(brokenUtf8))
    default:
      return bytes.subarray(0, at)
  }
}

/** The same bytes in pieces, most of them short. */
export function pieces(bytes: Buffer, random: Random): Buffer[] {
  const all: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = random.below(4) === 0 ? 1 + random.below(bytes.length) : 1 + random.below(12)
    all.push(bytes.subarray(at, at + length))
    at += length
  }
  return all
}
