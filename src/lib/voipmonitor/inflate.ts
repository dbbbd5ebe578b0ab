import { createGunzip } from 'node:zlib'
import { ProtocolError } from '../errors.js'
import { cutReply } from './errors.js'
import { ReplyDecoder, type ReplyOptions } from './reply-decoder.js'
import { isGzip } from './text-check.js'

/** 100,000 calls have 43 MB; recorded replies grow to 52 times their size. */
const defaultMaxInflatedBytes = 1024 * 1024 * 1024
/** As much as a socket gives at a time. */
const outputBytes = 64 * 1024

export interface WholeReplyOptions extends ReplyOptions {
  /** Inflate an answer that is a gzip stream (the default). Off for a file that is to stay as it is. */
  inflate?: boolean | undefined
  maxInflatedBytes?: number | undefined
}

/**
 * An answer from its first byte to the connection's end: decrypted and inflated while it comes.
 * @throws what ReplyDecoder throws, CutReplyError, ProtocolError (broken or too much gzip), and what `chunks` throws
 */
export async function* decodeReply(chunks: AsyncIterable<Buffer>, options: WholeReplyOptions): AsyncGenerator<Buffer, void> {
  const decoded = decodedChunks(chunks, new ReplyDecoder(options))
  yield* options.inflate === false ? decoded : inflated(decoded, options.maxInflatedBytes)
}

async function* decodedChunks(chunks: AsyncIterable<Buffer>, decoder: ReplyDecoder): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) yield* decoder.push(chunk)
  yield* decoder.end()
}

/**
 * Inflates what is gzip (RFC 1952) and passes on what is not: a sniffer that caches its list of calls answers without gzip though it was asked for it.
 * @throws CutReplyError, ProtocolError
 */
export async function* inflated(
  chunks: AsyncGenerator<Buffer, void>,
  maxBytes = defaultMaxInflatedBytes
): AsyncGenerator<Buffer, void> {
  const { head, isDone } = await firstBytes(chunks)
  if (!isGzip(head)) {
    if (head.length > 0) yield head
    if (!isDone) yield* chunks
    return
  }
  const gunzip = createGunzip({ chunkSize: outputBytes })
  // Not awaited: whoever stops reading early closes the connection, and with it this ends.
  void feed(gunzip, head, isDone ? undefined : chunks)
  let bytes = 0
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new ProtocolError(`The sniffer's answer inflates to more than ${maxBytes} bytes`)
      yield chunk
    }
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'Z_BUF_ERROR') throw cutReply(cause)
    if (code?.startsWith('Z_')) throw new ProtocolError("The gzip stream of the sniffer's answer is broken", { cause })
    throw cause
  } finally {
    gunzip.destroy()
  }
}

/** Two bytes tell gzip from text. */
async function firstBytes(chunks: AsyncGenerator<Buffer, void>): Promise<{ head: Buffer; isDone: boolean }> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < 2) {
    const { value, done } = await chunks.next()
    if (done) return { head, isDone: true }
    head = Buffer.concat([head, value])
  }
  return { head, isDone: false }
}

/** Writes no faster than it is read. A failure of the source comes out of `gunzip`. */
async function feed(gunzip: ReturnType<typeof createGunzip>, head: Buffer, rest?: AsyncIterable<Buffer>): Promise<void> {
  try {
    await write(gunzip, head)
    for await (const chunk of rest ?? []) {
      if (gunzip.destroyed) return
      await write(gunzip, chunk)
    }
    gunzip.end()
  } catch (error) {
    gunzip.destroy(error as Error)
  }
}

function write(gunzip: ReturnType<typeof createGunzip>, chunk: Buffer): Promise<void> | undefined {
  // A copy: zlib works beside us, and the caller may use its buffer again.
  if (gunzip.destroyed || gunzip.write(Buffer.from(chunk))) return undefined
  return new Promise((resolve) => {
    const settle = () => {
      gunzip.off('drain', settle).off('close', settle)
      resolve()
    }
    gunzip.on('drain', settle).on('close', settle)
  })
}
