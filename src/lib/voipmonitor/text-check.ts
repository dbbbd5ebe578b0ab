/** Reads it as text? UTF-8 without the control characters that no answer has. A character may be cut at either end. */
export function looksLikeText(bytes: Buffer): boolean {
  // At most three bytes of a character that began before.
  let start = 0
  while (start < 3 && start < bytes.length && (bytes[start]! & 0xc0) === 0x80) start++
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start), { stream: true })
    return !/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text)
  } catch {
    return false
  }
}

/** RFC 1952 section 2.3.1: the mark, deflate, and no flag that is reserved. By the mark alone one of 65,536 blocks of noise would be one. */
export function isGzip(bytes: Buffer): boolean {
  const [first, second, method = 8, flags = 0] = bytes
  return first === 0x1f && second === 0x8b && method === 8 && (flags & 0xe0) === 0
}
