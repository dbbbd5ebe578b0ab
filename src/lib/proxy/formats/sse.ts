import type { Block } from '../../ami/block.js'
import { toBlock } from './block-lines.js'
import type { OutputFormat } from './format.js'
import { jsonLine } from './json-output.js'

/** Names of events in Asterisk have up to 30 letters; the whole name is in the data. */
const maxNameLength = 64

/**
 * Server-Sent Events (HTML standard, section 9.2): `event:` is the event's name, or `Response` for every answer; `data:` is the block as one line
 * of JSON; `id:` is the number under `ProxySequence`, which a browser sends back as `Last-Event-ID`. For HTTP only: nobody selects it by name.
 */
export const sseOutput: OutputFormat = {
  name: 'sse',
  contentType: 'text/event-stream',
  delimiter: '\n\n',
  encode(bytes) {
    const block = toBlock(bytes)
    return Buffer.from(`${sequence(block)}event: ${eventName(block)}\ndata: ${jsonLine(block)}\n\n`, 'utf8')
  }
}

/** What stands in a line of its own must not hold a line end, nor anything that a listener could not name. */
function eventName(block: Block): string {
  const name = block.get('Event')
  if (name === undefined || block.kind.toLowerCase() === 'response') return 'Response'
  return name.slice(0, maxNameLength).replace(/[^\w.-]/g, '_') || 'Event'
}

/** The last one: the proxy's own line comes after all that a server sent. */
function sequence(block: Block): string {
  const number = block.getAll('ProxySequence').at(-1)
  return number !== undefined && /^\d{1,20}$/.test(number) ? `id: ${number}\n` : ''
}
