import type { FilterColumns, UserOptions } from '../user-options.js'
import { plainUser } from '../user-options.js'
import { type Finding, Findings, shown } from './finding.js'
import { type LegacyField, type LegacyLine, readLegacyLines, warnOfBlank, warnOfCut } from './legacy-line.js'

const howToWrite = 'Write user=secret,channel,out_context,in_context,account,server,more_events,filters.'

/** `secret` to `filters`. */
const columnCount = 8

/**
 * Reads an astmanproxy.users of 1.22 or 1.30: `user=secret,channel,out_context,in_context,account,server,more_events,filters`. Case is kept in all
 * columns. An administrator is who has the word `admin` among the filters, where the old program looked for words of its own only. Nothing is thrown: a
 * line that would let the wrong ones in is an error finding, and its user is left out.
 * @param file its name, for the findings and for `where`
 */
export function parseAstmanproxyUsers(text: string, file: string): { users: UserOptions[]; findings: Finding[] } {
  const findings = new Findings(file)
  const users = new Map<string, { user: UserOptions; line: number }>()
  for (const line of readLegacyLines(text, findings, () => true)) {
    const user = line.isBroken ? undefined : readUser(line, file, findings)
    if (!user) continue
    const earlier = users.get(user.name)
    if (earlier) {
      const message = `The user ${shown(user.name)} is in line ${earlier.line} already; the old program let each of the secrets in`
      findings.add('error', 'duplicate-user', line.key, message, 'Remove one of the lines.')
    } else users.set(user.name, { user, line: line.line })
  }
  return { users: [...users.values()].map(({ user }) => user), findings: findings.sorted() }
}

function readUser(line: LegacyLine, file: string, findings: Findings): UserOptions | undefined {
  const name = line.key.text
  const field = (at: number): LegacyField => line.fields[at] ?? { ...line.key, text: '', quoted: false }
  const column = (at: number) => field(at).text || undefined
  warnOfCut(line, findings)
  if (name === '') {
    findings.add('error', 'no-user', line.key, 'This line names no user', howToWrite)
    return undefined
  }
  const secret = column(0)
  if (secret === undefined) {
    const message = `The user ${shown(name)} has no secret: the old program let anybody in by that name`
    findings.add('error', 'no-secret', line.key, message, howToWrite)
    return undefined
  }
  warnOfBlank(line.key, 'name', findings)
  warnOfBlank(field(0), 'secret', findings)
  if (!isUsableSecret(field(0), column(1), findings)) return undefined
  if (line.fields.length > columnCount)
    findings.add('warning', 'extra-column', field(columnCount), 'What follows the eighth column is ignored', howToWrite)
  const filter: FilterColumns = {
    channel: column(1),
    outContext: column(2),
    inContext: column(3),
    account: column(4),
    moreEvents: moreEvents(field(6), findings),
    ...readFilters(field(7), findings)
  }
  return {
    ...plainUser(name, secret, `${file}:${line.line}`),
    admin: filterWordsOf(field(7)).includes(adminWord),
    server: column(5),
    filter: filtersAnything(filter) ? filter : undefined
  }
}

/** `more_events` alone is no filter: it only lets more through the others. */
function filtersAnything({ channel, outContext, inContext, account, only, noVar }: FilterColumns): boolean {
  return [channel, outContext, inContext, account].some(Boolean) || only.length > 0 || noVar
}

/** Any text is yes, as in the old program; what looks like a no is worth a word. */
function moreEvents(field: LegacyField, findings: Findings): boolean {
  if (/^(no?|off|false|0)$/i.test(field.text)) {
    const message = `more_events is ${shown(field.text)}: any text there means yes`
    findings.add('warning', 'other-meaning', field, message, 'Leave the column empty for no.')
  }
  return field.text !== ''
}

const onlyWords = { cdronly: 'cdr', brionly: 'bri', xfronly: 'xfr' } as const
const filterWords = [...Object.keys(onlyWords), 'novar']
/** Ours: it has to stand by itself, and is not found within another word. */
const adminWord = 'admin'

const filterWordsOf = (field: LegacyField) => field.text.split('|').map((part) => part.trim().toLowerCase())

/** The old program looked for the words anywhere in the column: what it found there is found here, so that nobody sees more than before. */
function readFilters(field: LegacyField, findings: Findings): Pick<FilterColumns, 'only' | 'noVar'> {
  const column = field.text.replace(/[ \t]/g, '').toLowerCase()
  for (const word of new Set(field.text.split('|').map((part) => part.trim()))) {
    if (word === '' || [...filterWords, adminWord].includes(word.toLowerCase())) continue
    const hasKnown = filterWords.some((known) => word.replace(/[ \t]/g, '').toLowerCase().includes(known))
    const message = `${shown(word)} is no filter; ${hasKnown ? 'the words in it count' : 'it is ignored'}`
    findings.add(
      'warning',
      'unknown-filter',
      field,
      message,
      'Known are cdronly, brionly, xfronly, novar and admin, with | between them.'
    )
  }
  const only = Object.entries(onlyWords).flatMap(([word, kind]) => (column.includes(word) ? [kind] : []))
  return { only, noVar: column.includes('novar') }
}

/** Hashes of crypt(3) that version 1.30 could check with the system's library, and we cannot: as plain text they would be secrets for whoever reads them. */
const otherHash = /^\$(1|3|5|6|7|y|gy|md5|sha1)\$/
const bcryptHash = /^\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$/

function isUsableSecret(secret: LegacyField, nextColumn: string | undefined, findings: Findings): boolean {
  const { text, quoted } = secret
  if (otherHash.test(text)) {
    const hint = 'Write it as plain text, or hashed with bcrypt ($2b$…) or scrypt ($scrypt$…).'
    findings.add('error', 'unsupported-hash', secret, 'The secret is a hash that cannot be checked', hint)
    return false
  }
  // The parameters of scrypt have commas between them: ln=16,r=8,p=1.
  if (text.startsWith('$scrypt$') && !quoted && /^[a-z]+=\d/.test(nextColumn ?? '')) {
    findings.add('error', 'cut-hash', secret, 'The hash ends at its first comma', 'Put it in quotes.')
    return false
  }
  if (text.startsWith('$2') && !bcryptHash.test(text)) {
    const message = 'The secret begins as a bcrypt hash and is none'
    findings.add('warning', 'bad-hash', secret, message, 'A hash of bcrypt has 60 characters: $2b$, the cost, and 53 more.')
  }
  return true
}
