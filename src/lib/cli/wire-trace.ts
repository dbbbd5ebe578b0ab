import { wholeBlocks } from '../proxy/trace/whole-blocks.js'
import { shownBlock } from '../proxy/trace/wire-text.js'
import { escapeControlsInLines } from './terminal-text.js'

/** All of what is looked through for secrets: who traces one command wants to see its answer. */
const maxCharacters = 64 * 1024

/** Shows the wire of one connection on stderr, block by block, with the secrets masked that the proxy masks. The first line of the server is seen at once. */
export function traceToStderr(
  write: (text: string) => void = (text) => void process.stderr.write(text)
): (direction: 'sent' | 'received', bytes: Buffer) => void {
  const show = (sign: '>' | '<', text: string) =>
    write(
      text
        .replace(/\r\n/g, '\n')
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `${sign} ${escapeControlsInLines(line)}\n`)
        .join('')
    )
  const block = (sign: '>' | '<') => (bytes: Buffer) => show(sign, shownBlock(bytes.toString('utf8'), 'ami', maxCharacters))
  const sent = block('>')
  const received = wholeBlocks(block('<'))
  let isGreeted = false
  return (direction, bytes) => {
    if (direction === 'sent') return sent(bytes)
    if (isGreeted) return received(bytes)
    isGreeted = true
    // `Asterisk Call Manager/11.0.0`: no header, and nothing else may follow for a while.
    const end = bytes.indexOf(0x0a) + 1
    const isBanner = end > 0 && !bytes.subarray(0, end).includes(0x3a)
    if (isBanner) show('<', bytes.toString('utf8', 0, end))
    received(isBanner ? bytes.subarray(end) : bytes)
  }
}
