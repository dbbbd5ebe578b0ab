import { UsageError } from '../errors.js'

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Reads a time as users write it: seconds (`5`, `0.5`), or a number with a unit (`500ms`, `5m`, `2h`, `1d`).
 * @returns milliseconds
 * @throws UsageError
 */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim())
  const value = match ? Number(match[1]) * unitMs[match[2] ?? 's']! : Number.NaN
  // setTimeout fires at once past 2^31-1 ms: nobody who asks for a month wants that.
  if (!match || value > 2_147_483_647) {
    throw new UsageError(`"${text}" is not a time`, {
      hint: 'Write seconds, or a number with a unit: 5, 0.5, 500ms, 5m, 2h (at most 24d).'
    })
  }
  return value
}
