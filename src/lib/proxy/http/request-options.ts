import type { IncomingHttpHeaders } from 'node:http'
import type { Field } from '../../ami/encode.js'
import type { HttpOptions } from './http-context.js'
import { HttpError } from './http-error.js'

/** How a request wants its answer; what is for us is taken out of the action's headers. */
export interface RequestOptions {
  /** The headers of the action, `Action` first; without ActionID. */
  fields: Field[]
  /** What counts as the action's name; `ProxyAction` when there is no `Action`. */
  action: string
  /** The client's own; undefined when it gave none. */
  actionId: string | undefined
  /** The parameter `ProxyKey`. */
  proxyKey: string | undefined
  format: string
  autoFilter: boolean
  /** The answer goes on until an event of this name. */
  untilEvent: string | undefined
  timeoutMs: number
}

/** Nobody waits longer for an answer; an Originate that rings has 30 s by default. */
const maxTimeoutMs = 10 * 60_000

const formatNames = ['standard', 'json', 'xml', 'csv']

/**
 * Sorts what a request gave. `OutputFormat`, `AutoFilter` and `ProxyKey` are for us, beside a ProxyAction only `ProxyKey` (SetOutputFormat has
 * an OutputFormat of its own); `format` is ours when it names a format (Monitor has a `Format` of its own).
 * @throws HttpError 400
 */
export function readOptions(all: readonly Field[], headers: IncomingHttpHeaders, defaults: HttpOptions): RequestOptions {
  const taken = new Map<string, string>()
  const hasAction = all.some(([name, value]) => isNamed(name, 'Action') && value.trim() !== '')
  const fields = all.filter(([name, value]) => {
    const ours = ownParameter(name, value, hasAction)
    if (ours && !taken.has(ours)) taken.set(ours, value)
    return !ours
  })
  const format = taken.get('outputformat')?.toLowerCase() ?? acceptedFormat(headers.accept) ?? defaults.outputFormat
  if (!formatNames.includes(format)) throw new HttpError(400, `OutputFormat is one of ${formatNames.join(', ')}`)
  const autoFilter = taken.get('autofilter')?.toLowerCase()
  return {
    fields: [...fields.filter(([name]) => isNamed(name, 'Action')), ...fields.filter(([name]) => !isNamed(name, 'Action'))],
    action: actionName(fields),
    actionId: taken.get('actionid')?.trim() || undefined,
    proxyKey: taken.get('proxykey'),
    format,
    autoFilter: autoFilter === undefined ? defaults.autoFilter : !['off', 'no', 'false', '0', ''].includes(autoFilter),
    untilEvent: single(headers['x-until-event'])?.trim() || undefined,
    timeoutMs: readTimeout(single(headers['x-maxtime']), defaults.defaultTimeoutMs)
  }
}

function ownParameter(name: string, value: string, hasAction: boolean): string | undefined {
  const lower = name.trim().toLowerCase()
  if (lower === 'proxykey' || lower === 'actionid') return lower
  if (!hasAction) return undefined
  if (lower === 'outputformat' || lower === 'autofilter') return lower
  return name === 'format' && formatNames.includes(value.toLowerCase()) ? 'outputformat' : undefined
}

function actionName(fields: readonly Field[]): string {
  for (const wanted of ['Action', 'ProxyAction']) {
    const found = fields.find(([name, value]) => isNamed(name, wanted) && value.trim() !== '')
    if (found) return found[1].trim()
  }
  return ''
}

function isNamed(name: string, wanted: string): boolean {
  return name.trim().toLowerCase() === wanted.toLowerCase()
}

const formatsByType: Record<string, string | undefined> = {
  'application/json': 'json',
  'application/xml': 'xml',
  'text/xml': 'xml',
  'text/csv': 'csv',
  'text/plain': 'standard'
}

/**
 * What `Accept` (RFC 9110 section 12.5.1) likes most of our formats; undefined when it does not care, or is a browser's, which takes XML only as
 * a substitute for HTML. What takes none of them gets the default: an answer is better than 406.
 */
export function acceptedFormat(accept: string | undefined): string | undefined {
  if (accept === undefined || /text\/html/i.test(accept)) return undefined
  let best: { format: string | undefined; quality: number } | undefined
  for (const range of accept.split(',')) {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const isAny = type === '*/*'
    const format = formatsByType[type!]
    if (!format && !isAny) continue
    const weight = parameters.find((parameter) => parameter.startsWith('q='))
    const quality = weight === undefined ? 1 : Number(weight.slice(2))
    if (quality > 0 && quality > (best?.quality ?? 0)) best = { format, quality }
  }
  return best?.format
}

function readTimeout(text: string | undefined, defaultMs: number): number {
  if (text === undefined) return defaultMs
  if (!/^\d{1,9}$/.test(text.trim()) || Number(text) === 0) throw new HttpError(400, 'X-Maxtime is a time in milliseconds')
  return Math.min(Number(text), maxTimeoutMs)
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
