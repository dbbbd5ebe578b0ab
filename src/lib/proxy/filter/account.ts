import { headerKind } from './header-families.js'

const lf = 0x0a
const cr = 0x0d
const colon = 0x3a
const space = 0x20

/**
 * A copy of whole blocks in which every account header (`Account`, `AccountCode`, `DestAccountCode`, `PeerAccount`, …) has this value; the
 * bytes themselves when there is none. Empty ones are filled in too: they are overwritten, not translated.
 */
export function forceAccount(bytes: Buffer, account: Buffer): Buffer {
  const parts: Buffer[] = []
  let copied = 0
  for (let start = 0; start < bytes.length; ) {
    let next = bytes.indexOf(lf, start) + 1
    if (next === 0) next = bytes.length
    const at = bytes.indexOf(colon, start)
    if (at > start && at < next && headerKind(bytes.toString('latin1', start, at).trim().toLowerCase())?.family === 'account') {
      let end = next
      if (bytes[end - 1] === lf) end--
      if (end > at && bytes[end - 1] === cr) end--
      const valueStart = bytes[at + 1] === space && at + 1 < end ? at + 2 : at + 1
      parts.push(bytes.subarray(copied, valueStart), account)
      copied = end
    }
    start = next
  }
  if (copied === 0) return bytes
  parts.push(bytes.subarray(copied))
  return Buffer.concat(parts)
}
