import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares secrets in a time that tells nothing of where they differ, or of how long they are. */
export function equalInConstantTime(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
