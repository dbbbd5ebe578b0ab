import { median } from '../support/statistics.js'
import type { Limit, Measurement } from '../support/suite.js'

export const relayName = 'raw relay'

export function millions(count: number): string {
  return `${(count / 1e6).toFixed(2)} M`
}

export function milliseconds(ms: number): string {
  return `${ms.toFixed(2)} ms`
}

/** A number that is judged as it is, against no other side, or for information. */
export function alone(
  what: string,
  values: readonly number[],
  { format, limit }: { format: (value: number) => string; limit: Limit | undefined }
): Measurement {
  return { what, ours: format(median(values)), against: '', values, judgedBy: 'median', limit }
}
