import type { Duplex } from 'node:stream'

/** What a client speaks, told by its first bytes. `sslv2`: the hello of a client from before TLS, which can only be closed. */
export type FirstBytes = 'tls' | 'sslv2' | 'http' | 'xml' | 'json' | 'other'

/** `silent`: nothing has come, not even the end, so the client waits for a banner. */
export type Detected = FirstBytes | 'silent'

export interface DetectOptions {
  /**
   * A client that has sent nothing for so long waits for the banner. A client that speaks first has its bytes on the way when it is accepted;
   * who waits for the banner is to have it within 30 ms.
   */
  graceMs?: number
  /** A client that has begun what may become TLS or HTTP is waited for so long in all: as long as a TLS handshake may take. */
  maxWaitMs?: number
  /** The bytes that have come are given to the callback, and not put back: that spares whoever takes them at once a turn of the stream. */
  handOver?: boolean
}

const defaults = { graceMs: 25, maxWaitMs: 5_000 } as const

/** White space before a document or an action: some clients begin with an empty line or two, none with a page of them. */
const maxLeadingBytes = 64

/** `PRI` begins the preface of HTTP/2 (RFC 9113 section 3.4): its client is told 400 by the HTTP parser, and not left to wait for frames. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'TRACE', 'PRI'].map(
  (method) => `${method} `
)
const longestMethod = Math.max(...methods.map((method) => method.length))

const byteOrderMark = [0xef, 0xbb, 0xbf]

/**
 * Tells what the first bytes of a client are. An answer never changes when more bytes come.
 *
 * - TLS: a handshake record of version 3.0 to 3.4 (RFC 8446 section 5.1; 3.0 stands in old hellos only).
 * - HTTP: a method in any case (what is not upper case gets its 400 from the HTTP parser) and a blank; empty lines before it are allowed
 *   (RFC 9112 section 2.2). `Get:` is a header of AMI.
 * - XML and JSON: `<`, `{` or `[`, after a byte order mark or white space.
 * - everything else is standard AMI, which may begin with any header or an empty line.
 *
 * @returns undefined when these are too few bytes to tell
 */
export function classify(bytes: Buffer): FirstBytes | undefined {
  if (bytes[0] === 0x16) return matches(bytes, [0x16, 0x03, (minor) => minor <= 4], 'tls')
  // RFC 5246 appendix E.2: a length below 256 with the high bit set, CLIENT-HELLO, and the version that is wanted.
  if (bytes[0] === 0x80) {
    return matches(bytes, [0x80, () => true, 0x01, (major) => major === 0x00 || major === 0x03, (minor) => minor <= 4], 'sslv2')
  }
  let from = 0
  if (bytes[0] === byteOrderMark[0]) {
    const mark = matches(bytes, byteOrderMark, 'xml')
    if (mark !== 'xml') return mark
    from = byteOrderMark.length
  }
  const start = textStart(bytes, from)
  if (start === undefined) return undefined
  const first = start < maxLeadingBytes ? bytes[start] : undefined
  if (first === 0x3c) return 'xml'
  if (first === 0x7b || first === 0x5b) return 'json'
  return first === undefined || from > 0 ? 'other' : classifyWord(bytes, start)
}

/** Where the text begins after white space, or the limit; undefined: there is only white space yet. */
function textStart(bytes: Buffer, from: number): number | undefined {
  let at = from
  while (at < maxLeadingBytes) {
    const byte = bytes[at]
    if (byte === undefined) return undefined
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d && byte !== 0x0a) return at
    at++
  }
  return maxLeadingBytes
}

function classifyWord(bytes: Buffer, start: number): 'http' | 'other' | undefined {
  const word = bytes.toString('latin1', start, start + longestMethod).toUpperCase()
  if (methods.some((method) => word.startsWith(method))) return 'http'
  return methods.some((method) => method.startsWith(word)) ? undefined : 'other'
}

/** @returns `kind` when all match, undefined when all that have come match, `other` when one does not */
function matches<Kind extends FirstBytes>(
  bytes: Buffer,
  pattern: readonly (number | ((byte: number) => boolean))[],
  kind: Kind
): Kind | 'other' | undefined {
  for (const [index, wanted] of pattern.entries()) {
    const byte = bytes[index]
    if (byte === undefined) return undefined
    if (typeof wanted === 'number' ? byte !== wanted : !wanted(byte)) return 'other'
  }
  return kind
}

/**
 * Waits for the first bytes of a client and tells what it speaks. The bytes are put back: whoever reads next, in the callback or later, by `data`
 * or as an HTTP or TLS server, gets all of them, and the end of the stream too.
 *
 * After `silent` the caller sends the banner, so only standard AMI can follow: what comes then is not looked at here.
 * The callback is called once and in the same turn in which the listeners of this function go, so that the caller's can take their place;
 * it is not called for a socket that closes or fails before. A callback and not a promise: an error of the socket could come before whoever
 * awaits a promise has its turn, and nobody would hear it.
 *
 * A timer for each client is cheap: Node keeps timers of equal length in one list.
 */
export function detectProtocol(
  socket: Duplex,
  onDetected: (kind: Detected, head?: Buffer) => void,
  options: DetectOptions = {}
): void {
  const { handOver = false } = options
  const graceMs = options.graceMs ?? defaults.graceMs
  const maxWaitMs = options.maxWaitMs ?? defaults.maxWaitMs
  let held: Buffer | undefined
  let turn: NodeJS.Immediate | undefined
  let timer = setTimeout(() => {
    // After a stall of this process the bytes may have come and not been read: the sockets have their turn first.
    turn = setImmediate(graceIsOver)
  }, graceMs)

  const stop = () => {
    clearTimeout(timer)
    clearImmediate(turn)
    socket.off('readable', onReadable).off('close', stop).off('error', ignore)
  }
  const settle = (kind: Detected) => {
    stop()
    if (held && !handOver) socket.unshift(held)
    onDetected(kind, handOver ? held : undefined)
  }
  const graceIsOver = () => {
    if (!held) settle('silent')
    // An empty line is no beginning of anything: who sent it waits for the banner.
    else if (textStart(held, 0) === undefined) settle('other')
    else timer = setTimeout(() => settle('other'), Math.max(0, maxWaitMs - graceMs))
  }
  const onReadable = () => {
    // Readable without a byte is the end. It is left for the next reader, who has to listen at once: it would not be told again.
    if (socket.readableLength === 0) return settle('other')
    const chunk: Buffer = socket.read()
    held = held ? Buffer.concat([held, chunk]) : chunk
    const kind = classify(held)
    if (kind) settle(kind)
  }
  socket.on('error', ignore).on('close', stop).on('readable', onReadable)
}

/** A failure is followed by `close`. */
function ignore(): void {}
