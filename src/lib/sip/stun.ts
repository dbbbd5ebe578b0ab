/** STUN's Binding (RFC 5389), as far as a keep-alive on a SIP flow needs it (RFC 5626 3.5.2): no credentials, no fingerprint. */
const magicCookie = 0x2112a442
const headerBytes = 20
const bindingRequest = 0x0001
const bindingSuccess = 0x0101
const xorMappedAddress = 0x0020
const mappedAddress = 0x0001

/** What a Binding request is found again by. */
export const stunIdBytes = 12

/** @param id `stunIdBytes` random bytes */
export function stunRequest(id: Buffer): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  bytes.writeUInt16BE(bindingRequest, 0)
  bytes.writeUInt32BE(magicCookie, 4)
  id.copy(bytes, 8, 0, stunIdBytes)
  return bytes
}

/** The answer to a Binding request; undefined for anything else, however it is malformed. */
export function readStunReply(bytes: Buffer): { id: Buffer; host: string; port: number } | undefined {
  if (bytes.length < headerBytes || bytes.readUInt16BE(0) !== bindingSuccess || bytes.readUInt32BE(4) !== magicCookie)
    return undefined
  const end = headerBytes + bytes.readUInt16BE(2)
  if (end > bytes.length) return undefined
  const id = bytes.subarray(8, headerBytes)
  let plain: { host: string; port: number } | undefined
  for (let at = headerBytes; at + 4 <= end; ) {
    const kind = bytes.readUInt16BE(at)
    const length = bytes.readUInt16BE(at + 2)
    if (at + 4 + length > end) return undefined
    const value = bytes.subarray(at + 4, at + 4 + length)
    const found = kind === xorMappedAddress ? readAddress(value, bytes.subarray(4, headerBytes)) : undefined
    if (found) return { id, ...found }
    if (kind === mappedAddress) plain ??= readAddress(value, Buffer.alloc(16))
    // Values are padded to four bytes (RFC 5389 15).
    at += 4 + Math.ceil(length / 4) * 4
  }
  return plain && { id, ...plain }
}

/** @param mask cookie and id for XOR-MAPPED-ADDRESS, zeros for MAPPED-ADDRESS */
function readAddress(value: Buffer, mask: Buffer): { host: string; port: number } | undefined {
  const bytes = value[1] === 1 ? 4 : value[1] === 2 ? 16 : 0
  if (bytes === 0 || value.length !== 4 + bytes) return undefined
  const port = value.readUInt16BE(2) ^ mask.readUInt16BE(0)
  const address = Buffer.from(value.subarray(4)).map((byte, i) => byte ^ mask[i]!)
  if (bytes === 4) return { host: address.join('.'), port }
  const groups = Array.from({ length: 8 }, (_, i) => ((address[2 * i]! << 8) | address[2 * i + 1]!).toString(16))
  return { host: groups.join(':'), port }
}
