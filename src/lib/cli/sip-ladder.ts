import { decodeText } from '../sip/lexical.js'
import { maskSecrets } from '../sip/secrets.js'
import { targetName } from '../sip-transport/target.js'
import type { WireEvent } from '../uac/user-agent.js'
import { escapeControlsInLines } from './terminal-text.js'

/** One message as a rung of a ladder: when, which way, with whom, what; then its text. Credentials are masked. */
export function ladderRung({ direction, bytes, message, target }: WireEvent, sinceMs: number): string {
  const arrow = direction === 'sent' ? '──▶' : '◀──'
  const what = message ? titleOf(message) : `${bytes.length} bytes that are no SIP message`
  const head = `${(sinceMs / 1000).toFixed(3).padStart(8)}  ${arrow} ${targetName(target)}  ${what}`
  const text = maskSecrets(decodeText(bytes.toString('latin1')))
    .replace(/\r\n/g, '\n')
    .replace(/\n+$/, '')
  const lines = text.split('\n').map((line) => `            | ${line}`)
  return `${[head, ...lines].map(escapeControlsInLines).join('\n')}\n`
}

function titleOf({ start, cseq }: NonNullable<WireEvent['message']>): string {
  const number = `(${cseq.number} ${cseq.method})`
  return maskSecrets(
    start.kind === 'request' ? `${start.method} ${start.uri} ${number}` : `${start.status} ${start.reason} ${number}`
  )
}
