import { parseChallenges } from '../sip/digest-challenge.js'
import { readOr } from '../sip/fault.js'
import { decodeText, unquote } from '../sip/lexical.js'
import type { SipReply } from '../sip/message.js'
import { seenAddress } from './nat.js'

/** What a refusal tells beside its status: what a doctor looks at. */
export interface FailureClues {
  /** Realms and schemes of its challenges. */
  realms: string[]
  schemes: string[]
  /** Its `Date`, in milliseconds of the wall clock. */
  dateMs: number | undefined
  /** Our address as the registrar saw it. */
  seen: string | undefined
  /** The texts of its Warning headers (RFC 3261 20.43). */
  warnings: string[]
}

// A registrar has one realm; more than a few are not read to anybody.
const maxTexts = 5

/** Never throws: what cannot be read is no clue. */
export function cluesOf(reply: SipReply): FailureClues {
  const challenges = ['WWW-Authenticate', 'Proxy-Authenticate'].flatMap((name) =>
    reply.lines(name).flatMap((line) => readOr(() => parseChallenges(line), []))
  )
  const date = reply.get('Date')
  const dateMs = date === undefined ? Number.NaN : Date.parse(date)
  return {
    realms: distinct(challenges.flatMap(({ parameters }) => decodeText(unquote(parameters.get('realm') ?? '')) || [])),
    schemes: distinct(challenges.map(({ scheme, parameters }) => `${scheme} ${unquote(parameters.get('algorithm') ?? 'MD5')}`)),
    dateMs: Number.isNaN(dateMs) ? undefined : dateMs,
    seen: readOr(() => seenAddress(reply), undefined),
    warnings: distinct(reply.lines('Warning').map((line) => decodeText(unquote(/".*"$/.exec(line)?.[0] ?? line))))
  }
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].slice(0, maxTexts)
}
