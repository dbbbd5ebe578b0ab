import type { Block } from '../../ami/block.js'
import { maskedValues } from '../../ami/secrets.js'
import type { ProxyLog } from '../options.js'

/** Headers of one action in the log: Asterisk takes 128. */
const maxFields = 128
/** Characters of one value: Asterisk's lines have 1,024 bytes. */
const maxValueLength = 1024

/** Who did what, and what became of it. */
export interface AuditRecord {
  event: 'login' | 'action' | 'proxyAction'
  /** accepted, refused; denied; for what was done, what the answer said: Success, Error, … */
  outcome: string
  /** `address:port` */
  client: string
  user: string | undefined
  /** The action's name as the client wrote it. */
  action?: string
  /** The server that it went to. */
  server?: string
  /** Why not. */
  reason?: string | undefined
  /** The action's other headers, secrets masked; of repeated ones all values. */
  fields?: Record<string, string | string[]>
}

const messages = { login: 'client logged in', action: 'action', proxyAction: 'proxy action' }

/**
 * Writes a record to the audit log. Without one it stands in the log of the service, with `audit: true`, so that nothing stands there twice. Logins, and
 * what was refused, are in the log of the service in any case: whoever looks for a fault looks there.
 */
export function audit(log: ProxyLog, record: AuditRecord): void {
  const { event, outcome, fields: _, ...short } = record
  const isRefused = outcome === 'refused' || outcome === 'denied'
  const level = isRefused ? 'warn' : 'info'
  const message = outcome === 'refused' ? 'login refused' : outcome === 'denied' ? 'action denied' : messages[event]
  if (!log.audit) return log[level]({ audit: true, ...record }, message)
  log.audit(record, message)
  if (event === 'login' || isRefused) log[level](short, message)
}

/** The headers of an action but its name, as they may be logged. */
export function auditedFields(block: Block): Record<string, string | string[]> {
  // Twice the length: how a secret ends may be what shows that it is one.
  const headers = block.headers
    .slice(0, maxFields)
    .map(({ name, value }) => ({ name, value: value.slice(0, 2 * maxValueLength) }))
  const values = maskedValues(headers)
  const fields = new Map<string, string | string[]>()
  for (const [index, { name }] of headers.entries()) {
    if (/^\s*(proxy)?action$/i.test(name)) continue
    const key = name.slice(0, maxValueLength)
    const value = values[index]!.slice(0, maxValueLength)
    const before = fields.get(key)
    fields.set(key, before === undefined ? value : [before, value].flat())
  }
  // Not by assignment: a client may name a header `__proto__`.
  return Object.fromEntries(fields)
}
