import type { PbxkitError } from '../errors.js'
import type { ObjectDifference } from '../privatedial/apply/compare-objects.js'
import { objectKinds } from '../privatedial/apply/expected-objects.js'
import { type CertificateReport, isNewCertificate } from '../privatedial/certificate/keep-certificate.js'
import type { RenderReport } from '../privatedial/render-into.js'
import { unifiedDiff } from '../privatedial/write/line-diff.js'

const plural: Record<string, string> = { identify: 'identifies', priority: 'priorities' }

/** Lines for a person: a file each, then what Asterisk has. */
export function reportText({ differences, written, applied, certificate }: RenderReport, dryRun: boolean): string {
  const verb = dryRun ? 'would write' : 'written'
  const lines = differences.map(({ name, state, origin }) => {
    if (state === 'same') return `unchanged    ${name}`
    const why =
      state === 'missing' ? 'new' : state === 'mode' ? 'others could read it' : origin === 'rendered' ? 'changed' : origin
    return `${verb.padEnd(12)} ${name} (${why})`
  })
  if (certificate) lines.push(certificateText(certificate, verb))
  if (written.includes('rtp.conf') && applied) lines.push('Ports of media count for calls that begin from now on.')
  if (applied) {
    const counts = objectKinds.map((kind) => `${applied.proved[kind]} ${plural[kind] ?? `${kind}s`}`)
    lines.push(
      `Asterisk has ${counts.join(', ')} as rendered`,
      ...applied.differences.slice(0, shownDifferences).map(differenceText)
    )
    const more = applied.differences.length - shownDifferences
    if (more > 0) lines.push(`and ${more} more`)
    if (applied.needsRestart) lines.push('Restart Asterisk: it does not change a transport that it has.')
  }
  return lines.map((line) => `${line}\n`).join('')
}

/** Why a certificate is written, or is not. */
const certificateStates = {
  kept: 'still good',
  made: 'signed by itself',
  renewed: 'signed by itself, renewed',
  taken: 'from the ACME client',
  foreign: 'not ours',
  unseen: 'where only Asterisk sees it',
  missing: 'missing'
} as const

function certificateText({ file, state, validUntil }: CertificateReport, verb: string): string {
  const what = isNewCertificate(state) ? verb : 'unchanged'
  return `${what.padEnd(12)} ${file} (${certificateStates[state]}${validUntil === undefined ? '' : `, until ${validUntil.slice(0, 10)}`})`
}

/** As many as a person reads. */
const shownDifferences = 20

function differenceText({ kind, name, state, fields }: ObjectDifference): string {
  if (state === 'missing') return `missing in Asterisk: ${kind} ${name}`
  if (state === 'extra') return `only in Asterisk: ${kind} ${name}`
  return `other in Asterisk: ${kind} ${name} (${fields.join(', ')})`
}

/** Has Asterisk something else than was rendered? */
export function isRefuted({ applied }: RenderReport): boolean {
  return applied !== undefined && applied.differences.length > 0
}

/** Why a service that renders again and again did not. */
export function failureText({ message, hint }: PbxkitError): string {
  return `${message}; the files stay as they are${hint ? `. ${hint}` : ''}`
}

/** Is anything other than it was, or with a dry run: would it be? */
export function hasNews({ written, certificate }: RenderReport): boolean {
  return written.length > 0 || (certificate !== undefined && isNewCertificate(certificate.state))
}

/** What differs, without secrets. */
export function diffText({ differences }: RenderReport): string {
  return differences
    .map(({ name, before = '', file, state }) =>
      state === 'mode' ? `${name}: others could read it\n` : unifiedDiff(name, before, file.text)
    )
    .join('')
}

/** The same for programs; without texts, which have secrets in them. */
export function reportJson({ differences, written, warnings, applied, certificate }: RenderReport) {
  return {
    files: differences.map(({ name, state, origin }) => ({
      name,
      state,
      origin: origin ?? null,
      written: written.includes(name)
    })),
    ...(warnings.length > 0 && { warnings }),
    ...(certificate && { certificate }),
    ...(applied && { applied })
  }
}
