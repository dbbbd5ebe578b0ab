/**
 * The names nearest to a mistyped one, best first: at most `limit`, none that differs in more than a third of its letters, and none that is a letter further
 * off than the nearest.
 */
export function nearestNames(typed: string, names: Iterable<string>, limit = 3): string[] {
  const wanted = typed.toLowerCase()
  const scored: { name: string; score: number }[] = []
  for (const name of new Set(names)) {
    const candidate = name.toLowerCase()
    const score = candidate.startsWith(wanted) && wanted.length > 1 ? 0.5 : editDistance(wanted, candidate)
    if (score <= Math.max(1, Math.ceil(Math.max(wanted.length, candidate.length) / 3))) scored.push({ name, score })
  }
  const nearest = Math.min(...scored.map(({ score }) => score))
  return scored
    .filter(({ score }) => score < nearest + 1)
    .sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name)
}

/** "Did you mean A, B or C?", or nothing when no name is near. */
export function suggestion(typed: string, names: Iterable<string>): string | undefined {
  const near = nearestNames(typed, names)
  if (near.length === 0) return undefined
  return `Did you mean ${near.length === 1 ? near[0] : `${near.slice(0, -1).join(', ')} or ${near.at(-1)}`}?`
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}
