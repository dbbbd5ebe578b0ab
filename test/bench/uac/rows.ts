import { median } from '../support/statistics.js'
import type { Limit, Measurement } from '../support/suite.js'

export const rivalName = "Kamailio's uac"

/** A number that is judged as it is, and by its worst run. */
export function counted(what: string, values: readonly number[], limit?: Limit, against = ''): Measurement {
  return { what, ours: String(Math.round(median(values) * 100) / 100), against, values, judgedBy: 'worst', limit }
}
