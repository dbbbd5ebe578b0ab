/** The ways in which bytes may arrive: whole, byte by byte, and cut in two at every boundary. */
export function* everyCut(bytes: Buffer): Generator<{ how: string; chunks: Buffer[] }> {
  yield { how: 'whole', chunks: [bytes] }
  yield { how: 'byte by byte', chunks: [...bytes].map((byte) => Buffer.from([byte])) }
  for (let at = 1; at < bytes.length; at++) {
    yield { how: `cut at ${at} of ${bytes.length}`, chunks: [bytes.subarray(0, at), bytes.subarray(at)] }
  }
}

/** Chunks of a size; the last may be shorter. */
export function chunksOf(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

/** Bytes whose text is latin1: every character one byte. */
export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
