import type { Catalog } from '../ami/catalog/catalog.js'
import type { Field } from '../ami/encode.js'
import { checkAction, type Finding } from '../ami/validate.js'
import { DataError, UsageError } from '../errors.js'
import { nearestNames, suggestion } from '../nearest.js'

const howToSendAnyway = 'Send it as it is with --no-validate.'

/**
 * Stops an action that Asterisk would not take, with the nearest names. A field that is merely not documented is only remarked upon, unless it
 * looks like a mistyped one.
 * @param typed true when the action stood on the command line (a usage error), false for data from elsewhere
 * @throws UsageError, DataError
 */
export function assertSendable(
  fields: readonly Field[],
  catalog: Catalog,
  { typed, note }: { typed: boolean; note: (message: string) => void }
): void {
  const findings = checkAction(fields, catalog)
  const stops = findings.filter((finding) => finding.severity === 'error' || looksMistyped(finding))
  if (stops.length > 0) {
    const hints = stops.map(hintFor).filter(Boolean)
    const Kind = typed ? UsageError : DataError
    throw new Kind(stops.map(({ message }) => message).join('; '), { hint: [...new Set(hints), howToSendAnyway].join(' ') })
  }
  for (const { message } of findings) note(message)
}

function looksMistyped({ typed, candidates }: Finding): boolean {
  return typed !== undefined && typed.length > 3 && nearestNames(typed, candidates ?? [], 1).length > 0
}

function hintFor({ typed, candidates }: Finding): string | undefined {
  return typed === undefined ? undefined : suggestion(typed, candidates ?? [])
}
