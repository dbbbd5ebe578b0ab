import type { Block } from '../ami/block.js'
import { encodeBlock, type Field } from '../ami/encode.js'

const lf = 0x0a
const cr = 0x0d

/**
 * Ends a block: the given lines are appended as its last headers, and one empty line closes it. Empty lines that it had are dropped, and its last
 * line ends in CRLF even where Asterisk wrote a bare LF (`No endpoints found`): otherwise there would be no CR LF CR LF to see its end by.
 */
export function closeBlock(block: Buffer, lines = ''): Buffer {
  return Buffer.concat([block.subarray(0, textEnd(block)), closing(lines)])
}

/** Where a block's last line ends. */
function textEnd(block: Buffer): number {
  let end = block.length
  while (end > 0 && (block[end - 1] === lf || block[end - 1] === cr)) end--
  return end
}

/** Nearly all blocks are closed in the same way. */
let lastClosing = { lines: '', bytes: Buffer.from('\r\n\r\n') }

function closing(lines: string): Buffer {
  if (lines !== lastClosing.lines) lastClosing = { lines, bytes: Buffer.from(`\r\n${lines}\r\n`) }
  return lastClosing.bytes
}

/** The block's bytes with this ActionID instead of its own, at the same place; without one when the id is undefined. */
export function withActionId(block: Block, id: Buffer | undefined): Buffer {
  const { bytes } = block
  const header = block.find('ActionID')
  if (!header) return bytes
  if (id === undefined) return Buffer.concat([bytes.subarray(0, header.lineStart), bytes.subarray(header.nextLine)])
  return Buffer.concat([bytes.subarray(0, header.valueStart), id, bytes.subarray(header.valueEnd)])
}

/** `withActionId` and `closeBlock` in one. */
export function closeWithActionId(block: Block, id: Buffer | undefined, lines: string): Buffer {
  const header = id && block.find('ActionID')
  if (!header) return closeBlock(withActionId(block, id), lines)
  const { bytes } = block
  return Buffer.concat([
    bytes.subarray(0, header.valueStart),
    id,
    bytes.subarray(header.valueEnd, textEnd(bytes)),
    closing(lines)
  ])
}

/** A block of the proxy's own, with the client's ActionID behind its first header, where Asterisk has it. */
export function ownAnswer(fields: readonly Field[], id: Buffer | undefined): Buffer {
  if (id === undefined) return encodeBlock(fields)
  const first = encodeBlock(fields.slice(0, 1)).subarray(0, -2)
  return Buffer.concat([first, Buffer.from('ActionID: '), id, Buffer.from('\r\n'), encodeBlock(fields.slice(1))])
}

/** `Response: Error` in Asterisk's form. What a client sent may stand in the message: its control characters are blanked out. */
export function errorAnswer(message: string, id: Buffer | undefined): Buffer {
  return ownAnswer(
    [
      ['Response', 'Error'],
      ['Message', message.replace(/[\r\n\0]/g, ' ')]
    ],
    id
  )
}

/** An action as it goes to Asterisk. */
export interface ForwardedAction {
  /** Its headers, each with CRLF, without those that are for the proxy. */
  lines: Buffer
  headerCount: number
  longestLineBytes: number
}

/**
 * Takes out of a client's action what is not for Asterisk: the ActionID (ours replaces it), `Server`, `ProxyKey`, and every `Action` but the
 * one that counts, lest a second one does something that was not checked. All other lines stay as they are, repeated ones too.
 */
export function forwardedAction(block: Block): ForwardedAction {
  const kept: string[] = []
  let hasAction = false
  let longestLineBytes = 0
  for (const line of block.bytes.toString('latin1').split(/\r?\n/)) {
    const name = headerName(line)
    if (line === '' || name === 'actionid' || name === 'server' || name === 'proxykey') continue
    if (name === 'action') {
      // Behind a blank or before a tab it is no Action, neither for Asterisk nor for what was checked: it must not take the place of the one that counts.
      if (hasAction || !/^action *:/i.test(line) || line.slice(line.indexOf(':') + 1).trim() === '') continue
      hasAction = true
    }
    kept.push(line)
    longestLineBytes = Math.max(longestLineBytes, line.length)
  }
  return { lines: Buffer.from(`${kept.join('\r\n')}\r\n`, 'latin1'), headerCount: kept.length, longestLineBytes }
}

function headerName(line: string): string {
  const colon = line.indexOf(':')
  return colon < 0 ? '' : line.slice(0, colon).trim().toLowerCase()
}
