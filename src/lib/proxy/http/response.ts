import type { OutgoingHttpHeaders } from 'node:http'
import type { OutputFormat } from '../formats/format.js'

/** A whole answer. */
export interface AnswerPage {
  status: number
  headers: OutgoingHttpHeaders
  body: Buffer
}

/** Answers hold calls and numbers, and are of now: nobody stores them, and no browser guesses that they are HTML. */
export const commonHeaders = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }

/**
 * The blocks of an answer in a format. JSON is always an array of the blocks in their order, each as `pbxkit ami send` shows it. XML of several
 * blocks has one root, `AsteriskManagerOutputs`, lest it be no document; one block is the old program's document. Standard and CSV are as on a TCP
 * connection.
 * @param xmlCompat several XML documents one after the other, as from the old program
 */
function encodeAnswer(blocks: readonly Buffer[], format: OutputFormat, { xmlCompat }: { xmlCompat: boolean }): Buffer {
  const documents = blocks.map((block) => format.encode(block, isProxys(block) ? 'proxy' : 'server'))
  if (format.name === 'json') return Buffer.from(`[${documents.map((one) => one.toString('utf8').trim()).join(',\n')}]\n`)
  const isDocument = documents.length === 1 || xmlCompat || format.name !== 'xml'
  if (isDocument) return Buffer.concat(documents)
  return Buffer.concat([Buffer.from('<AsteriskManagerOutputs>\r\n'), ...documents, Buffer.from('</AsteriskManagerOutputs>\r\n')])
}

/** The answers to ProxyActions begin with `ProxyResponse`. */
function isProxys(block: Buffer): boolean {
  return block.toString('latin1', 0, 5).toLowerCase() === 'proxy'
}

export function answerPage(
  { status, blocks }: { status: number; blocks: readonly Buffer[] },
  format: OutputFormat,
  options: { xmlCompat: boolean }
): AnswerPage {
  const body = encodeAnswer(blocks, format, options)
  // That of a stream of documents (application/x-ndjson) is not that of an array.
  const contentType = format.name === 'json' ? 'application/json' : format.contentType
  return { status, headers: { ...commonHeaders, 'Content-Type': contentType, 'Content-Length': body.length }, body }
}
