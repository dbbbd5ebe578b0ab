/** What a header says about a channel: its name, its Uniqueid, its Linkedid (the call), its dialplan context, its account; or which bridge. */
export type HeaderFamily = 'channel' | 'channel or number' | 'uniqueid' | 'linkedid' | 'context' | 'account' | 'bridge'

/**
 * Which family a header belongs to, and whose it is: `DestChannel`, `DestUniqueid` and `DestLinkedid` all have the role `dest`. That is how
 * Asterisk 12 and newer prefixes the snapshots of an event with several channels.
 */
export interface HeaderKind {
  readonly family: HeaderFamily
  readonly role: string
}

/** Names that end in none of the suffixes, most of them of Asterisk 11 and older. What may be a number is no channel without a `/`. */
const special = new Map<string, HeaderKind>([
  ['channel1', { family: 'channel', role: '1' }],
  ['channel2', { family: 'channel', role: '2' }],
  ['uniqueid1', { family: 'uniqueid', role: '1' }],
  ['uniqueid2', { family: 'uniqueid', role: '2' }],
  ['channelcalling', { family: 'channel', role: 'calling' }],
  // Dial of Asterisk 11 names channels here, beside SrcUniqueID and DestUniqueID; Cdr has numbers.
  ['source', { family: 'channel or number', role: 'src' }],
  ['destination', { family: 'channel or number', role: 'dest' }],
  // Rename
  ['newname', { family: 'channel or number', role: 'new' }],
  ['oldname', { family: 'channel or number', role: 'old' }]
])

/** Bridges have Uniqueids of their own: theirs comes first. */
const suffixes: readonly (readonly [string, HeaderFamily])[] = [
  ['channel', 'channel'],
  ['bridgeuniqueid', 'bridge'],
  ['uniqueid', 'uniqueid'],
  ['linkedid', 'linkedid'],
  ['context', 'context'],
  ['accountcode', 'account'],
  ['account', 'account']
]

/** Asterisk has some 400 names; more come from UserEvent only, where anybody makes them up. */
const maxKnown = 2_000

const known = new Map<string, HeaderKind | undefined>()

/** @param name in lower case */
export function headerKind(name: string): HeaderKind | undefined {
  const found = known.get(name)
  if (found !== undefined || known.has(name)) return found
  const kind = classify(name)
  if (known.size < maxKnown) known.set(name, kind)
  return kind
}

function classify(name: string): HeaderKind | undefined {
  const kind = special.get(name)
  if (kind) return kind
  for (const [suffix, family] of suffixes) {
    if (name.endsWith(suffix)) return { family, role: name.slice(0, -suffix.length) }
  }
  return undefined
}
