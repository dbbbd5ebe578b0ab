/** The known key that differs from what was typed by one letter missing, added, changed or swapped with its neighbour. */
export function nearestKey(typed: string, known: readonly string[]): string | undefined {
  return known.find((key) => Math.abs(key.length - typed.length) <= 1 && isNear(typed, key))
}

/** Words that differ in no more than that are equal once a letter is taken out of one of them, or of both. */
function isNear(a: string, b: string): boolean {
  const shortened = new Set(withoutOneLetter(a))
  return withoutOneLetter(b).some((text) => shortened.has(text))
}

function withoutOneLetter(text: string): string[] {
  return [text, ...Array.from(text, (_, at) => text.slice(0, at) + text.slice(at + 1))]
}
