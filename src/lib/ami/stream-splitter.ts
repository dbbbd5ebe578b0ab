import { isFollows } from './block.js'
import { defaultLimits, findBlockEnd, findEmptyLine, findEndOfFollows } from './block-parser.js'

const lf = 0x0a
const cr = 0x0d
const empty = Buffer.alloc(0)

/** What a splitter looks out for. Where no mark is, the stream is passed on in one piece. */
export interface Lookout {
  /** The beginning of every ActionID of ours, while an action of ours may still cause blocks. */
  idPrefix: string | undefined
  /** An answer is awaited: a block with `Response:` may be one, even without an ActionID. */
  responses: boolean
  /** An answer is awaited that has no recognisable first line (IAXnetstats): every block is looked at. */
  everything: boolean
}

export interface SplitterHandlers {
  /** Whole blocks with their empty lines, none of which holds a mark: events for everybody. */
  onRun: (bytes: Buffer) => void
  /** One block, without its empty line, that holds a mark. */
  onBlock: (bytes: Buffer) => void
  /** The first bytes of a block over the limit. The rest of it is skipped. */
  onOversized: (head: Buffer) => void
}

/**
 * Splits what a server sends, after its login, into runs of events and single blocks that need a look, and touches as few bytes as it can:
 * of a chunk without a mark only the last block end is searched for. That is what makes a fan-out cheap.
 */
export class StreamSplitter {
  readonly #handlers: SplitterHandlers
  readonly #maxBlockBytes: number
  #rest: Buffer = empty
  #skipping: 'no' | 'block' | 'command output' = 'no'

  constructor(
    handlers: SplitterHandlers,
    { maxBlockBytes = defaultLimits.maxBlockBytes }: { maxBlockBytes?: number | undefined } = {}
  ) {
    this.#handlers = handlers
    this.#maxBlockBytes = maxBlockBytes
  }

  /** @param chunk bytes that stay valid and unchanged after the call */
  push(chunk: Buffer, lookout: Lookout): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = empty
    const start = this.#skipping === 'no' ? skipEmptyLines(bytes, 0) : this.#skip(bytes)
    if (this.#skipping === 'no') this.#keep(bytes.subarray(this.#split(bytes, start, lookout)))
  }

  /** @returns where the block begins that is not whole yet */
  #split(bytes: Buffer, from: number, lookout: Lookout): number {
    for (let start = from; ; ) {
      const mark = lookout.everything ? start : findMark(bytes, start, lookout)
      if (mark < 0) {
        const end = lastBlockEnd(bytes, start)
        if (end > start) this.#handlers.onRun(bytes.subarray(start, end))
        return end
      }
      const blockStart = startOfBlock(bytes, start, mark)
      if (blockStart > start) this.#handlers.onRun(bytes.subarray(start, blockStart))
      const blockEnd = findBlockEnd(bytes, blockStart)
      if (blockEnd < 0) return blockStart
      this.#handlers.onBlock(bytes.subarray(blockStart, blockEnd))
      start = skipEmptyLines(bytes, blockEnd)
    }
  }

  #keep(rest: Buffer): void {
    if (rest.length <= this.#maxBlockBytes) {
      this.#rest = rest
      return
    }
    this.#skipping = isFollows(rest.subarray(0, 40)) ? 'command output' : 'block'
    this.#handlers.onOversized(rest.subarray(0, 64 * 1024))
    this.#skip(rest)
  }

  /** @returns where the first byte stands that is not skipped */
  #skip(bytes: Buffer): number {
    const end = this.#skipping === 'command output' ? findEndOfFollows(bytes, 0) : findEmptyLine(bytes, 0)
    if (end >= 0) {
      this.#skipping = 'no'
      return skipEmptyLines(bytes, end)
    }
    // The end may be cut in the middle; this many bytes are enough to see it whole.
    this.#rest = Buffer.from(bytes.subarray(-24))
    return bytes.length
  }
}

function findMark(bytes: Buffer, from: number, { idPrefix, responses }: Lookout): number {
  if (from >= bytes.length) return -1
  const id = idPrefix === undefined ? -1 : bytes.indexOf(idPrefix, from, 'latin1')
  const response = responses ? bytes.indexOf('Response:', from, 'latin1') : -1
  return id < 0 || (response >= 0 && response < id) ? response : id
}

/** The beginning of the block that holds a position: after the last empty line before it. */
function startOfBlock(bytes: Buffer, from: number, position: number): number {
  for (let at = position; at > from; ) {
    const lineEnd = bytes.lastIndexOf(lf, at - 1)
    if (lineEnd < from) return from
    const before = bytes[lineEnd - 1] === cr ? lineEnd - 2 : lineEnd - 1
    if (before < from || bytes[before] === lf) return lineEnd + 1
    at = lineEnd
  }
  return from
}

/** One past the last empty line, which closes the last whole block; `from` when there is none. */
function lastBlockEnd(bytes: Buffer, from: number): number {
  for (let at = bytes.lastIndexOf(lf); at > from; at = bytes.lastIndexOf(lf, at - 1)) {
    const before = bytes[at - 1] === cr ? at - 2 : at - 1
    if (before >= from && bytes[before] === lf) return at + 1
  }
  return from
}

function skipEmptyLines(bytes: Buffer, from: number): number {
  let at = from
  while (bytes[at] === lf || (bytes[at] === cr && bytes[at + 1] === lf)) at += bytes[at] === lf ? 1 : 2
  return at
}

/** Cuts a run into its blocks, each with its empty line. */
export function* blocksOfRun(run: Buffer): Generator<Buffer> {
  for (let start = 0; start < run.length; ) {
    const end = findEmptyLine(run, start)
    const next = end < 0 ? run.length : skipEmptyLines(run, end)
    yield run.subarray(start, next)
    start = next
  }
}
