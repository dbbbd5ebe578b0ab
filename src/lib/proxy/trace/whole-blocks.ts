import { findEmptyLine } from '../../ami/block-parser.js'

/** More than any block that is looked at: what has no end by then is not shown. */
const maxKeptBytes = 64 * 1024

/**
 * Cuts what comes in chunks that end anywhere into whole blocks, each with its empty line: of what is cut in two it could not be told what is secret. What is not
 * whole yet is kept until it is.
 */
export function wholeBlocks(onBlock: (bytes: Buffer) => void): (chunk: Buffer) => void {
  let kept = Buffer.alloc(0)
  return (chunk) => {
    kept = Buffer.concat([kept, chunk])
    let start = 0
    for (let end = findEmptyLine(kept, 0); end >= 0; end = findEmptyLine(kept, start)) {
      const next = kept.indexOf(0x0a, end) + 1
      onBlock(kept.subarray(start, next))
      start = next
    }
    kept = kept.length - start > maxKeptBytes ? Buffer.alloc(0) : kept.subarray(start)
  }
}
