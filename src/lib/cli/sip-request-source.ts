import fs from 'node:fs'
import { IoError, UsageError } from '../errors.js'
import { readAddress } from '../sip/build.js'
import { headerKey } from '../sip/header-names.js'
import { encodeText, isToken } from '../sip/lexical.js'
import type { HeaderLine } from '../sip/write.js'
import type { TransportFlow } from '../sip-transport/flow.js'
import type { RequestDraft } from '../uac/draft.js'
import { inactiveOffer, readHeader, readHeaders } from '../uac/request-fields.js'
import type { Interfaces } from './oclif.js'
import type { sipSendFlags } from './sip-send-flags.js'

// The longest body that a message may have is shorter.
const maxFileBytes = 64 * 1024

export type SendFlags = Interfaces.InferredFlags<typeof sipSendFlags>

/** What stands in files, or comes from stdin: read once, however many requests are made of it. */
export interface SendInputs {
  body: Buffer | undefined
  /** Of --header-file. */
  headers: string | undefined
}

/** @throws IoError, UsageError for a file that is too long for a message */
export function readInputs(flags: SendFlags): SendInputs {
  const file = flags['header-file']
  return { body: readBody(flags), headers: file === undefined ? undefined : readInput(file).toString('utf8') }
}

/** Methods with which a peer learns where we are (RFC 3261 8.1.1.8, 6665, 3515). */
const withContact = new Set(['INVITE', 'SUBSCRIBE', 'REGISTER', 'REFER', 'UPDATE', 'NOTIFY'])

/** What the flags of `uac send` make of a request. @throws UsageError */
export function applySendFlags(
  draft: RequestDraft,
  flags: SendFlags & { 'user-agent'?: string },
  inputs: SendInputs
): RequestDraft {
  const { method } = draft
  const userAgent = flags['user-agent']
  const token = (flag: string, value: string) => {
    if (!/^[A-Za-z0-9\-.!%*_+`'~]+$/.test(value)) throw new UsageError(`${flag}: ${JSON.stringify(value)} is no tag`)
    return value
  }
  const fromTag = flags['from-tag'] === undefined ? draft.from.tag! : token('--from-tag', flags['from-tag'])
  const toTag = flags['to-tag'] === undefined ? undefined : token('--to-tag', flags['to-tag'])
  const given = inputs.body
  const body = given ?? (method === 'INVITE' ? (flow: TransportFlow) => inactiveOffer(flow.sentBy) : undefined)
  const hasBody = given ? given.length > 0 : body !== undefined
  const headers = headersOf(flags, inputs, method, hasBody)
  return {
    ...draft,
    from: draft.from.withParameters(draft.from.parameters.with('tag', fromTag)),
    to: toTag === undefined ? draft.to : draft.to.withParameters(draft.to.parameters.with('tag', toTag)),
    ...(flags['call-id'] !== undefined && { callId: checkCallId(flags['call-id']) }),
    ...(flags.cseq !== undefined && { cseq: flags.cseq }),
    routes: (flags.route ?? []).map((route) => String(readAddress(route))),
    ...(withContact.has(method) && flags.contact !== '' && { contactUser: 'pbxkit' }),
    headers,
    ...(userAgent !== undefined && { userAgent }),
    ...(hasBody && { body })
  }
}

function headersOf(flags: SendFlags, inputs: SendInputs, method: string, hasBody: boolean): HeaderLine[] {
  const { force } = flags
  const given = [
    ...(inputs.headers === undefined ? [] : readHeaders(inputs.headers, { force })),
    ...(flags.header ?? []).map((text) => readHeader(text, { force }))
  ]
  const has = (name: string) => given.some(([one]) => headerKey(one) === headerKey(name))
  const wanted: [string, string | undefined][] = [
    ['Contact', flags.contact || undefined],
    ['Expires', flags.expires === undefined ? undefined : String(flags.expires)],
    ['Event', flags.event],
    ['Content-Type', hasBody ? (flags['content-type'] ?? (method === 'INVITE' ? 'application/sdp' : 'text/plain')) : undefined]
  ]
  const ours = wanted.flatMap(([name, value]) => (value === undefined || has(name) ? [] : [readHeader(`${name}: ${value}`)]))
  return [...ours, ...given]
}

function readBody(flags: SendFlags): Buffer | undefined {
  if (flags['body-file'] !== undefined) return readInput(flags['body-file'])
  if (flags.body === '-') return readInput('-')
  return flags.body === undefined ? undefined : Buffer.from(flags.body, 'utf8')
}

function checkCallId(text: string): string {
  if (/[^\x21-\x7e]/.test(text) || text === '') throw new UsageError(`--call-id: ${JSON.stringify(text)} is no Call-ID`)
  return text
}

/** A file, or `-` for stdin. @throws IoError */
export function readInput(file: string): Buffer {
  let bytes: Buffer
  try {
    bytes = fs.readFileSync(file === '-' ? 0 : file)
  } catch (cause) {
    throw new IoError(`Cannot read ${file === '-' ? 'stdin' : file}: ${(cause as Error).message}`, { cause })
  }
  if (bytes.length > maxFileBytes) throw new UsageError(`${file} has more than ${maxFileBytes} bytes: no message may be as long`)
  return bytes
}

/** A method as it is sent: any token, in capitals, as all that exist are. @throws UsageError */
export function readMethod(text: string): string {
  if (!isToken(text)) throw new UsageError(`${JSON.stringify(text)} is no method`)
  const upper = text.toUpperCase()
  if (upper === 'ACK' || upper === 'CANCEL') {
    throw new UsageError(`${upper} belongs to an INVITE`, {
      hint: 'pbxkit uac send INVITE sends them by itself (--cancel-after), --raw FILE anything.'
    })
  }
  return encodeText(upper)
}
