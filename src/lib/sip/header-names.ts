/** Compact forms (RFC 3261 7.3.3 and the registry of IANA). */
const compactForms: Record<string, string> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity'
}

/** The spellings that nearly every message has: looking them up is cheaper than making them small. */
const known = [
  ...['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Contact', 'Max-Forwards', 'Content-Length', 'Content-Type', 'Expires', 'Route'],
  ...['Record-Route', 'User-Agent', 'Server', 'Supported', 'Allow', 'Authorization', 'Proxy-Authorization', 'WWW-Authenticate'],
  ...['Proxy-Authenticate', 'Date', 'Path', 'Service-Route', 'Require', 'Accept', 'Retry-After', 'Min-Expires', 'Subject'],
  ...['Authentication-Info', 'Proxy-Authentication-Info', 'P-Associated-URI', 'Flow-Timer', 'Unsupported', 'Warning']
]

const keys = new Map<string, string>([
  ...known.map((name): [string, string] => [name, name.toLowerCase()]),
  ...Object.entries(compactForms),
  ...Object.entries(compactForms).map(([short, long]): [string, string] => [short.toUpperCase(), long])
])

/** What the parser has to know of a header by its name. */
export interface KnownHeader {
  readonly key: string
  /** Of those that may stand once only: a set of which costs a number. */
  readonly bit: number
  /** Its place in `mandatoryKeys`; -1 for all others. */
  readonly mandatory: number
}

/** Is it spelt as nearly all spell it? Those are all tokens. */
export function isUsualName(name: string): boolean {
  return keys.has(name)
}

/** The name by which a header is found: in small letters, and long. `I` and `Call-ID` are the same header. */
export function headerKey(name: string): string {
  return keys.get(name) ?? name.toLowerCase()
}

/** Headers that may stand once and only once (RFC 3261 7.3.1: no comma list, and a meaning of their own). */
const single = [
  ...[
    'from',
    'to',
    'call-id',
    'cseq',
    'max-forwards',
    'content-length',
    'content-type',
    'expires',
    'min-expires',
    'date',
    'event'
  ],
  ...['retry-after', 'session-expires', 'min-se', 'refer-to', 'subscription-state', 'rack', 'rseq']
]

/** What no message may lack (RFC 3261 8.1.1). Max-Forwards is missing here: RFC 2543 did not have it, and replies have none. */
export const mandatoryKeys = ['via', 'from', 'to', 'call-id', 'cseq'] as const

function knownHeader(key: string): KnownHeader {
  const at = single.indexOf(key)
  return { key, bit: at < 0 ? 0 : 1 << at, mandatory: (mandatoryKeys as readonly string[]).indexOf(key) }
}

/** The usual spellings by their length. */
const spelt: { readonly name: string; readonly header: KnownHeader }[][] = []
for (const [name, key] of keys) {
  while (spelt.length <= name.length) spelt.push([])
  spelt[name.length]!.push({ name, header: knownHeader(key) })
}

/** What is known of a header whose name stands in a text in one of its usual spellings; those are all tokens. Nothing is cut out for it. */
export function usualHeaderAt(text: string, from: number, end: number): KnownHeader | undefined {
  if (end - from >= spelt.length) return undefined
  const candidates = spelt[end - from]!
  for (let at = 0; at < candidates.length; at++) if (text.startsWith(candidates[at]!.name, from)) return candidates[at]!.header
  return undefined
}

const others = new Map(single.map((key) => [key, knownHeader(key)]))

/** The same of a name in any spelling. */
export function headerOf(name: string): KnownHeader {
  const key = name.toLowerCase()
  return others.get(key) ?? { key, bit: 0, mandatory: (mandatoryKeys as readonly string[]).indexOf(key) }
}
