import fc from 'fast-check'

/** A line of a block: any bytes but LF, with many that matter to a format. */
const line = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(
        fc.constantFrom(
          'Event',
          'Channel',
          'ChanVariable(PJSIP/1-2)',
          'UnparsedText',
          'xmlns',
          '1st',
          'é',
          'a b',
          '<x',
          '-',
          'ProxySequence'
        ),
        fc.constantFrom(': ', ':', ' : ', ''),
        fc.string({ unit: 'grapheme', maxLength: 40 })
      )
      .map((parts) => Buffer.from(parts.join(''))),
    fc
      .array(fc.constantFrom('"', '<', '&', '>', ',', '\r', '\t', '\0', ' ', ': ', ']]>', '\x1b', '\ufffe', '\u2028', 'a'), {
        minLength: 1,
        maxLength: 20
      })
      .map((parts) => Buffer.from(parts.join('')))
  )
  .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a)))
  .filter((bytes) => bytes.length > 0)

/** Lines without their ends. */
export const generatedLines = fc.array(line, { minLength: 1, maxLength: 8 })

/** A block with its empty line, from the bytes of its lines. */
export function blockOfBytes(lines: readonly Buffer[]): Buffer {
  return Buffer.concat([...lines.flatMap((bytes) => [bytes, Buffer.from('\r\n')]), Buffer.from('\r\n')])
}
