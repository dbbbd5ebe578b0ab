/** Does a text match a pattern with `*` for any characters? Linear in both for every pattern: it comes over a control socket. */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0
  let p = 0
  let star = -1
  let mark = 0
  while (at < text.length) {
    if (pattern[p] === '*') {
      star = p++
      mark = at
    } else if (p < pattern.length && pattern[p] === text[at]) {
      p++
      at++
    } else if (star >= 0) {
      p = star + 1
      at = ++mark
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
