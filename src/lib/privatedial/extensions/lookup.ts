import type { Site, SiteUser } from '../../site/site.js'
import { countryCode, guard, numberLookup } from './parts.js'

/**
 * Every entry context looks here first: hints, and numbers that are written in another way than E.164. Numbers with fewer digits than `dial.min_digits` are not rewritten.
 */
export function lookupContext(site: Site): string {
  const { nationalPrefix, internationalPrefix } = site.site
  // Z and the dot are two of the digits.
  const digits = `Z${'X'.repeat(site.dial.minDigits - 2)}.`
  const rewrites = [
    ...(internationalPrefix === ''
      ? []
      : [rewrite(`_${internationalPrefix}${digits}`, `+\${EXTEN:${internationalPrefix.length}}`)]),
    ...(nationalPrefix === ''
      ? []
      : [rewrite(`_${nationalPrefix}${digits}`, `+${countryCode}\${EXTEN:${nationalPrefix.length}}`)]),
    // A prefix that does not begin with 0 (8, 1) is more specific than this one, and found first.
    rewrite(`_${digits}`, `+\${EXTEN}`)
  ]
  return `;---------------- numbers: hints, and what is dialled in national or international form
[dp_lookup]
${hintsOf(site)}${rewrites.join('')}`
}

function rewrite(pattern: string, number: string): string {
  return `exten => ${pattern},1,${guard}
 same => n,Goto(\${CONTEXT},${number},1)
`
}

function hintsOf(site: Site): string {
  if (site.output.form === 'wizard') return '; hints are put here by the wizard, see hint_exten\n'
  return hintPatterns(site.users)
    .map((pattern) => `exten => ${pattern},hint,${numberLookup}\n`)
    .join('')
}

/** So many digits at the end are left open, so that a new number of the same block needs no reload of the dialplan. */
const openDigits = 4

/**
 * The patterns of the hints: one for each length of number. They are as narrow as the numbers permit, since a subscription to a number that matches makes a hint of its own,
 * and one that does not gets 404.
 */
function hintPatterns(users: readonly Pick<SiteUser, 'number'>[]): string[] {
  const byLength = new Map<number, string>()
  for (const { number } of users) {
    const known = byLength.get(number.length)
    byLength.set(number.length, known === undefined ? number.slice(0, -openDigits) : commonStart(known, number))
  }
  return [...byLength].sort(([a], [b]) => a - b).map(([length, start]) => `_${start}${'X'.repeat(length - start.length)}`)
}

function commonStart(a: string, b: string): string {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return a.slice(0, length)
}
